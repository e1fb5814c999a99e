//! Tier `x86-avx512-vpclmul`: 512-bit vectors (Ice Lake, Zen 4).

use super::{lane, lane_operations, tier};
use crate::Tier;
use crate::arch::Isa;
use crate::poly::fold_across;
use core::arch::x86_64::*;

tier!(
    /// A CPU with AVX-512 (F, BW, DQ, VL), PCLMULQDQ and VPCLMULQDQ.
    Avx512Vpclmul, Tier::X86Avx512Vpclmul, "avx512f,avx512bw,avx512dq,avx512vl,pclmulqdq,vpclmulqdq"
);

/// `a ^ b ^ c` as a truth table for `vpternlog`: bit i of it is the parity of the bits of i.
const XOR_OF_THREE: i32 = 0x96;

impl Isa for Avx512Vpclmul {
    type Vector = __m512i;
    type Block = [u8; 64];
    type Lane = __m128i;

    const VECTOR_BYTES: usize = 64;
    const WIDE: bool = false;

    #[inline(always)]
    fn vectors(message: &[u8]) -> (&[[u8; 64]], &[u8]) {
        message.as_chunks()
    }

    #[inline(always)]
    fn load(self, block: &[u8; 64]) -> __m512i {
        // SAFETY: the reference is valid for 64 bytes at any alignment, and the witness says
        // AVX-512.
        unsafe { _mm512_loadu_si512(block.as_ptr().cast()) }
    }

    #[inline(always)]
    fn xor_register(self, vector: __m512i, register: u32) -> __m512i {
        let register = lane::pair([register.into(), 0]);
        // SAFETY: the witness says AVX-512.
        unsafe { _mm512_xor_si512(vector, _mm512_zextsi128_si512(register)) }
    }

    #[inline(always)]
    fn multipliers(self, multipliers: [u64; 2]) -> __m512i {
        // SAFETY: the witness says AVX-512.
        unsafe { _mm512_broadcast_i32x4(lane::pair(multipliers)) }
    }

    #[inline(always)]
    fn fold(self, accumulator: __m512i, by: __m512i, next: __m512i) -> __m512i {
        // SAFETY: the witness says AVX-512 and VPCLMULQDQ.
        unsafe {
            let low = _mm512_clmulepi64_epi128::<0x00>(accumulator, by);
            let high = _mm512_clmulepi64_epi128::<0x11>(accumulator, by);
            _mm512_ternarylogic_epi64::<XOR_OF_THREE>(low, high, next)
        }
    }

    /// Two lanes at a time: the first pair moves by 32 bytes onto the second, then as with 256 bits.
    #[inline(always)]
    fn narrow(self, vector: __m512i) -> __m128i {
        let across_two = self.multipliers(const { fold_across(256) });
        // SAFETY: the witness says AVX-512 and VPCLMULQDQ.
        let pair = unsafe {
            let front = _mm512_castsi512_si256(vector);
            let back = _mm512_extracti64x4_epi64::<1>(vector);
            let by = _mm512_castsi512_si256(across_two);
            let low = _mm256_clmulepi64_epi128::<0x00>(front, by);
            let high = _mm256_clmulepi64_epi128::<0x11>(front, by);
            _mm256_ternarylogic_epi64::<XOR_OF_THREE>(low, high, back)
        };
        // SAFETY: the witness says AVX-512, which includes AVX2.
        let (first, second) = unsafe {
            (
                _mm256_castsi256_si128(pair),
                _mm256_extracti128_si256::<1>(pair),
            )
        };
        self.lane_fold(
            first,
            self.lane_multipliers(const { fold_across(128) }),
            second,
        )
    }

    lane_operations!();
}
