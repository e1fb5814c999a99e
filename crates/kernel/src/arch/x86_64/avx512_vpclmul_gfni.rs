//! Tier `x86-avx512-vpclmul-gfni`: 512-bit vectors and matrices (Zen 4).

use super::lane::{self, lane_operations};
use super::masks::{FIRST_BYTES, LAST_BYTES};
use super::witness::witness;
use super::zmm::{XOR_OF_THREE, zmm_operations};
use crate::isa::Isa;
use core::arch::x86_64::*;

witness!(
    /// A CPU with AVX-512 (F, BW, DQ, VL), GFNI, PCLMULQDQ and VPCLMULQDQ.
    Avx512VpclmulGfni, X86Avx512VpclmulGfni,
    "avx512f,avx512bw,avx512dq,avx512vl,gfni,pclmulqdq,vpclmulqdq"
);

impl Isa for Avx512VpclmulGfni {
    const HAS_AFFINE: bool = true;

    #[inline(always)]
    fn affine(self, bytes: __m512i, matrices: __m512i) -> __m512i {
        // SAFETY: the witness proves AVX-512 and GFNI.
        unsafe { _mm512_gf2p8affine_epi64_epi8::<0>(bytes, matrices) }
    }

    #[inline(always)]
    fn load_last(self, block: &[u8; 64], count: usize) -> __m512i {
        // SAFETY: the reference is valid for 64 bytes, the load reads some of them, and the witness
        // proves AVX-512.
        unsafe { _mm512_maskz_loadu_epi8(LAST_BYTES[count], block.as_ptr().cast()) }
    }

    #[inline(always)]
    fn sum(self, vector: __m512i) -> __m128i {
        // SAFETY: the witness proves AVX-512, which includes AVX2.
        unsafe {
            // Three lanes at once have a lower latency than halves twice.
            let second = _mm256_extracti128_si256::<1>(_mm512_castsi512_si256(vector));
            let third = _mm512_extracti32x4_epi32::<2>(vector);
            let fourth = _mm512_extracti32x4_epi32::<3>(vector);
            let pair = lane::xor(_mm512_castsi512_si128(vector), second);
            _mm_ternarylogic_epi64::<{ XOR_OF_THREE }>(pair, third, fourth)
        }
    }

    zmm_operations!();
    lane_operations!();
}
