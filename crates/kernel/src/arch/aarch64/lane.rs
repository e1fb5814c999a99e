//! One 128-bit lane. NEON belongs to every aarch64 that Rust's targets with floating point are for;
//! PMULL is the caller's to have asked for.

use crate::arch::masks::last_bytes;
use core::arch::aarch64::*;

#[inline(always)]
pub(super) fn load(bytes: &[u8; 16]) -> uint64x2_t {
    if cfg!(target_endian = "big") {
        let word = u128::from_le_bytes(*bytes);
        return pair([word as u64, (word >> 64) as u64]);
    }
    // SAFETY: the reference is valid for 16 bytes, and the load takes any alignment.
    unsafe { vreinterpretq_u64_u8(vld1q_u8(bytes.as_ptr())) }
}

#[inline(always)]
pub(super) fn pair(words: [u64; 2]) -> uint64x2_t {
    // SAFETY: NEON belongs to aarch64.
    unsafe { vcombine_u64(vcreate_u64(words[0]), vcreate_u64(words[1])) }
}

#[inline(always)]
pub(super) fn to_word(lane: uint64x2_t) -> u128 {
    // SAFETY: NEON belongs to aarch64.
    let (low, high) = unsafe { (vgetq_lane_u64::<0>(lane), vgetq_lane_u64::<1>(lane)) };
    u128::from(low) | u128::from(high) << 64
}

#[inline(always)]
pub(super) fn xor(a: uint64x2_t, b: uint64x2_t) -> uint64x2_t {
    // SAFETY: NEON belongs to aarch64.
    unsafe { veorq_u64(a, b) }
}

/// The last `count` bytes, zeros before them.
#[inline(always)]
pub(super) fn load_last(bytes: &[u8; 16], count: usize) -> uint64x2_t {
    static MASKS: [u8; 32] = last_bytes::<16, 32>();
    let mask = MASKS[count..].first_chunk().expect("at most a lane");
    // SAFETY: NEON belongs to aarch64.
    unsafe { vandq_u64(load(bytes), load(mask)) }
}

/// clmul(low, low), and clmul(high, high).
///
/// # Safety
/// The CPU must have PMULL.
#[inline(always)]
pub(super) unsafe fn products(a: uint64x2_t, b: uint64x2_t) -> (uint64x2_t, uint64x2_t) {
    // SAFETY: the caller vouches for PMULL.
    unsafe {
        let low = vmull_p64(vgetq_lane_u64::<0>(a), vgetq_lane_u64::<0>(b));
        let high = vmull_high_p64(vreinterpretq_p64_u64(a), vreinterpretq_p64_u64(b));
        (vreinterpretq_u64_p128(low), vreinterpretq_u64_p128(high))
    }
}

/// The carry-less product.
///
/// # Safety
/// The CPU must have PMULL.
#[inline(always)]
pub(super) unsafe fn clmul(a: u64, b: u64) -> u128 {
    // SAFETY: the caller vouches for PMULL.
    unsafe { vmull_p64(a, b) }
}
