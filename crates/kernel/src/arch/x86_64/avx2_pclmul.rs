//! Tier `x86-avx2-pclmul`: 128-bit vectors in the VEX encoding, whose three operands save the
//! copies (Haswell, Excavator, Zen 1 and 2: AVX2 without VPCLMULQDQ).

use super::lane::{self, lane_operations};
use super::witness::witness;
use crate::isa::Isa;
use core::arch::x86_64::__m128i;

witness!(
    /// A CPU with AVX2 and PCLMULQDQ.
    Avx2Pclmul, X86Avx2Pclmul, "avx2,pclmulqdq"
);

impl Isa for Avx2Pclmul {
    type Vector = __m128i;
    type Block = [u8; 16];
    type Lane = __m128i;

    const VECTOR_BYTES: usize = 16;
    const IS_WIDE: bool = true;

    #[inline(always)]
    fn vectors(message: &[u8]) -> (&[[u8; 16]], &[u8]) {
        message.as_chunks()
    }

    #[inline(always)]
    fn load(self, block: &[u8; 16]) -> __m128i {
        lane::load(block)
    }

    #[inline(always)]
    fn load_last(self, block: &[u8; 16], count: usize) -> __m128i {
        lane::load_last(block, count)
    }

    #[inline(always)]
    fn xor_register(self, vector: __m128i, register: u32) -> __m128i {
        lane::xor(vector, lane::pair([register.into(), 0]))
    }

    #[inline(always)]
    fn multipliers(self, multipliers: [u64; 2]) -> __m128i {
        lane::pair(multipliers)
    }

    #[inline(always)]
    fn fold(self, accumulator: __m128i, by: __m128i, next: __m128i) -> __m128i {
        self.lane_fold(accumulator, by, next)
    }

    #[inline(always)]
    fn weights(self, weights: &[u64; 8]) -> __m128i {
        lane::pair([weights[0], weights[1]])
    }

    #[inline(always)]
    fn xor(self, a: __m128i, b: __m128i) -> __m128i {
        lane::xor(a, b)
    }

    #[inline(always)]
    fn sum(self, vector: __m128i) -> __m128i {
        vector
    }

    lane_operations!();
}
