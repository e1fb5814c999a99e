//! Tier `x86-avx2-vpclmul`: 256-bit vectors without AVX-512 (Alder Lake, Zen 3).

use super::lane::{self, lane_operations};
use super::witness::witness;
use crate::arch::masks::last_bytes;
use crate::isa::Isa;
use core::arch::x86_64::*;

witness!(
    /// A CPU with AVX2, PCLMULQDQ and VPCLMULQDQ.
    Avx2Vpclmul, X86Avx2Vpclmul, "avx2,pclmulqdq,vpclmulqdq"
);

impl Isa for Avx2Vpclmul {
    type Vector = __m256i;
    type Block = [u8; 32];
    type Lane = __m128i;

    const VECTOR_BYTES: usize = 32;
    const IS_WIDE: bool = false;

    #[inline(always)]
    fn vectors(message: &[u8]) -> (&[[u8; 32]], &[u8]) {
        message.as_chunks()
    }

    #[inline(always)]
    fn load(self, block: &[u8; 32]) -> __m256i {
        // SAFETY: the reference is valid for 32 bytes at any alignment, and the witness proves AVX.
        unsafe { _mm256_loadu_si256(block.as_ptr().cast()) }
    }

    #[inline(always)]
    fn load_last(self, block: &[u8; 32], count: usize) -> __m256i {
        static MASKS: [u8; 64] = last_bytes::<32, 64>();
        let mask = MASKS[count..].first_chunk().expect("at most a vector");
        // SAFETY: the witness proves AVX2.
        unsafe { _mm256_and_si256(self.load(block), self.load(mask)) }
    }

    #[inline(always)]
    fn xor_register(self, vector: __m256i, register: u32) -> __m256i {
        let register = lane::pair([register.into(), 0]);
        // SAFETY: the witness proves AVX2.
        unsafe { _mm256_xor_si256(vector, _mm256_zextsi128_si256(register)) }
    }

    #[inline(always)]
    fn multipliers(self, multipliers: [u64; 2]) -> __m256i {
        // SAFETY: the witness proves AVX2.
        unsafe { _mm256_broadcastsi128_si256(lane::pair(multipliers)) }
    }

    #[inline(always)]
    fn fold(self, accumulator: __m256i, by: __m256i, next: __m256i) -> __m256i {
        // SAFETY: the witness proves AVX2 and VPCLMULQDQ.
        unsafe {
            let low = _mm256_clmulepi64_epi128::<0x00>(accumulator, by);
            let high = _mm256_clmulepi64_epi128::<0x11>(accumulator, by);
            _mm256_xor_si256(_mm256_xor_si256(low, next), high)
        }
    }

    #[inline(always)]
    fn weights(self, weights: &[u64; 8]) -> __m256i {
        // SAFETY: the load reads 32 of the array's 64 bytes, and the witness proves AVX.
        unsafe { _mm256_loadu_si256(weights.as_ptr().cast()) }
    }

    #[inline(always)]
    fn xor(self, a: __m256i, b: __m256i) -> __m256i {
        // SAFETY: the witness proves AVX2.
        unsafe { _mm256_xor_si256(a, b) }
    }

    #[inline(always)]
    fn sum(self, vector: __m256i) -> __m128i {
        // SAFETY: the witness proves AVX2.
        unsafe {
            lane::xor(
                _mm256_castsi256_si128(vector),
                _mm256_extracti128_si256::<1>(vector),
            )
        }
    }

    lane_operations!();
}
