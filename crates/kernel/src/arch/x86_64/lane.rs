//! One 128-bit lane. Every x86-64 has SSE2; the caller must have asked for PCLMULQDQ.

use crate::arch::masks::last_bytes;
use core::arch::x86_64::*;

#[inline(always)]
pub(super) fn prefetch(address: *const u8) {
    // SAFETY: a prefetch does not fault, whatever the address, and SSE belongs to x86-64.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) };
}

#[inline(always)]
pub(super) fn load(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: the reference is valid for 16 bytes, and the load takes any alignment.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

/// The last `count` bytes, zeros before them.
#[inline(always)]
pub(super) fn load_last(bytes: &[u8; 16], count: usize) -> __m128i {
    static MASKS: [u8; 32] = last_bytes::<16, 32>();
    let mask = MASKS[count..].first_chunk().expect("at most a lane");
    // SAFETY: SSE2 belongs to x86-64.
    unsafe { _mm_and_si128(load(bytes), load(mask)) }
}

#[inline(always)]
pub(super) fn from_word(word: u128) -> __m128i {
    pair([word as u64, (word >> 64) as u64])
}

#[inline(always)]
pub(super) fn pair(words: [u64; 2]) -> __m128i {
    // SAFETY: SSE2 belongs to x86-64.
    unsafe { _mm_set_epi64x(words[1].cast_signed(), words[0].cast_signed()) }
}

#[inline(always)]
pub(super) fn to_word(lane: __m128i) -> u128 {
    // SAFETY: SSE2 belongs to x86-64.
    let (low, high) = unsafe {
        (
            _mm_cvtsi128_si64(lane),
            _mm_cvtsi128_si64(_mm_unpackhi_epi64(lane, lane)),
        )
    };
    u128::from(low.cast_unsigned()) | u128::from(high.cast_unsigned()) << 64
}

/// The lane of these words, by one load.
#[inline(always)]
pub(super) fn load_words(words: &[u64; 2]) -> __m128i {
    // SAFETY: the reference is valid for 16 bytes, and the load takes any alignment.
    unsafe { _mm_loadu_si128(words.as_ptr().cast()) }
}

/// The lane as it lies in memory.
#[inline(always)]
pub(super) fn to_words(lane: __m128i) -> [u32; 4] {
    let mut words = [0; 4];
    // SAFETY: the array has the 16 bytes that the store writes, at any alignment, and SSE2 belongs
    // to x86-64.
    unsafe { _mm_storeu_si128(words.as_mut_ptr().cast(), lane) };
    words
}

#[inline(always)]
pub(super) fn xor(a: __m128i, b: __m128i) -> __m128i {
    // SAFETY: SSE2 belongs to x86-64.
    unsafe { _mm_xor_si128(a, b) }
}

/// clmul(low, low) ^ clmul(high, high) ^ `next`.
///
/// # Safety
/// The CPU must have PCLMULQDQ.
#[inline(always)]
pub(super) unsafe fn fold(accumulator: __m128i, by: __m128i, next: __m128i) -> __m128i {
    // SAFETY: the caller vouches for PCLMULQDQ.
    let (low, high) = unsafe {
        (
            _mm_clmulepi64_si128::<0x00>(accumulator, by),
            _mm_clmulepi64_si128::<0x11>(accumulator, by),
        )
    };
    xor(xor(low, next), high)
}

/// The carry-less product.
///
/// # Safety
/// The CPU must have PCLMULQDQ.
#[inline(always)]
pub(super) unsafe fn clmul(a: u64, b: u64) -> u128 {
    // SAFETY: the caller vouches for PCLMULQDQ.
    to_word(unsafe { clmul_words::<0x00>(pair([a, 0]), pair([b, 0])) })
}

/// The carry-less product of one word of each, as `WORDS` says.
///
/// # Safety
/// The CPU must have PCLMULQDQ.
#[inline(always)]
pub(super) unsafe fn clmul_words<const WORDS: i32>(a: __m128i, b: __m128i) -> __m128i {
    // SAFETY: the caller vouches for PCLMULQDQ.
    unsafe { _mm_clmulepi64_si128::<WORDS>(a, b) }
}

/// The operations on one lane, which are the same for every tier of x86-64.
macro_rules! lane_operations {
    () => {
        #[inline(always)]
        fn prefetch(self, address: *const u8) {
            lane::prefetch(address);
        }

        #[inline(always)]
        fn lane_load(self, bytes: &[u8; 16]) -> __m128i {
            lane::load(bytes)
        }

        #[inline(always)]
        fn lane_load_last(self, bytes: &[u8; 16], count: usize) -> __m128i {
            lane::load_last(bytes, count)
        }

        #[inline(always)]
        fn lane(self, word: u128) -> __m128i {
            lane::from_word(word)
        }

        #[inline(always)]
        fn word(self, lane: __m128i) -> u128 {
            lane::to_word(lane)
        }

        #[inline(always)]
        fn lane_xor(self, a: __m128i, b: __m128i) -> __m128i {
            lane::xor(a, b)
        }

        #[inline(always)]
        fn lane_multipliers(self, multipliers: [u64; 2]) -> __m128i {
            lane::pair(multipliers)
        }

        #[inline(always)]
        fn lane_fold(self, accumulator: __m128i, by: __m128i, next: __m128i) -> __m128i {
            // SAFETY: `self` exists only if the CPU has PCLMULQDQ, for which `witness` asks.
            unsafe { lane::fold(accumulator, by, next) }
        }

        #[inline(always)]
        fn clmul(self, a: u64, b: u64) -> u128 {
            // SAFETY: as in `lane_fold`.
            unsafe { lane::clmul(a, b) }
        }

        #[inline(always)]
        fn lane_weights(self, weights: &[u64; 8]) -> __m128i {
            lane::load_words(weights.first_chunk().expect("a row has two weights"))
        }

        #[inline(always)]
        fn lane_clmul_low_low(self, a: __m128i, b: __m128i) -> __m128i {
            // SAFETY: as in `lane_fold`.
            unsafe { lane::clmul_words::<0x00>(a, b) }
        }

        #[inline(always)]
        fn lane_clmul_low_high(self, a: __m128i, b: __m128i) -> __m128i {
            // SAFETY: as in `lane_fold`.
            unsafe { lane::clmul_words::<0x10>(a, b) }
        }
    };
}
pub(super) use lane_operations;
