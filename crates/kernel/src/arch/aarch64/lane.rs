//! One 128-bit lane. Every aarch64 of Rust's targets with floating point has NEON; the caller must
//! have asked for PMULL.

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

/// The operations on vectors of one lane, and on the lane, which are the same for every tier with
/// PMULL: all but [`Isa::lane_fold`](crate::isa::Isa::lane_fold).
macro_rules! lane_operations {
    () => {
        type Vector = uint64x2_t;
        type Block = [u8; 16];
        type Lane = uint64x2_t;

        const VECTOR_BYTES: usize = 16;
        const IS_WIDE: bool = true;

        #[inline(always)]
        fn vectors(message: &[u8]) -> (&[[u8; 16]], &[u8]) {
            message.as_chunks()
        }

        #[inline(always)]
        fn load(self, block: &[u8; 16]) -> uint64x2_t {
            lane::load(block)
        }

        #[inline(always)]
        fn xor_register(self, vector: uint64x2_t, register: u32) -> uint64x2_t {
            lane::xor(vector, lane::pair([register.into(), 0]))
        }

        #[inline(always)]
        fn multipliers(self, multipliers: [u64; 2]) -> uint64x2_t {
            lane::pair(multipliers)
        }

        #[inline(always)]
        fn fold(self, accumulator: uint64x2_t, by: uint64x2_t, next: uint64x2_t) -> uint64x2_t {
            self.lane_fold(accumulator, by, next)
        }

        #[inline(always)]
        fn load_last(self, block: &[u8; 16], count: usize) -> uint64x2_t {
            lane::load_last(block, count)
        }

        #[inline(always)]
        fn weights(self, weights: &[u64; 8]) -> uint64x2_t {
            lane::pair([weights[0], weights[1]])
        }

        #[inline(always)]
        fn xor(self, a: uint64x2_t, b: uint64x2_t) -> uint64x2_t {
            lane::xor(a, b)
        }

        #[inline(always)]
        fn sum(self, vector: uint64x2_t) -> uint64x2_t {
            vector
        }

        #[inline(always)]
        fn lane_load(self, bytes: &[u8; 16]) -> uint64x2_t {
            lane::load(bytes)
        }

        #[inline(always)]
        fn lane(self, word: u128) -> uint64x2_t {
            lane::pair([word as u64, (word >> 64) as u64])
        }

        #[inline(always)]
        fn word(self, lane: uint64x2_t) -> u128 {
            lane::to_word(lane)
        }

        #[inline(always)]
        fn lane_xor(self, a: uint64x2_t, b: uint64x2_t) -> uint64x2_t {
            lane::xor(a, b)
        }

        #[inline(always)]
        fn lane_load_last(self, bytes: &[u8; 16], count: usize) -> uint64x2_t {
            lane::load_last(bytes, count)
        }

        #[inline(always)]
        fn lane_multipliers(self, multipliers: [u64; 2]) -> uint64x2_t {
            lane::pair(multipliers)
        }

        #[inline(always)]
        fn clmul(self, a: u64, b: u64) -> u128 {
            // SAFETY: `self` exists only if the CPU has PMULL, for which `witness` asks.
            unsafe { lane::clmul(a, b) }
        }
    };
}
pub(super) use lane_operations;
