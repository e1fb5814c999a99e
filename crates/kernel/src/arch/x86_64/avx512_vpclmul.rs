//! Tier `x86-avx512-vpclmul`: 512-bit vectors (Ice Lake, Sapphire Rapids).
//!
//! On Intel's CPUs carry-less multiplication shares port 5 with what moves a value between lanes, from general
//! registers to vectors, or into mask registers, and calls that do not wait for each other take as long as it is
//! busy. So the sum over the lanes takes two of its moves and not three, the end of a message is masked by a vector, and
//! the CRC's register goes through memory, which has ports of its own. `black_box` keeps the compiler from making a
//! move of it again.

use super::masks::{FIRST_BYTES, LAST_BYTES};
use super::{lane, lane_operations, tier, zmm_operations};
use crate::Tier;
use crate::arch::Isa;
use crate::arch::masks::last_bytes;
use core::arch::x86_64::*;
use core::hint::black_box;

tier!(
    /// A CPU with AVX-512 (F, BW, DQ, VL), PCLMULQDQ and VPCLMULQDQ.
    Avx512Vpclmul, Tier::X86Avx512Vpclmul, "avx512f,avx512bw,avx512dq,avx512vl,pclmulqdq,vpclmulqdq"
);

impl Isa for Avx512Vpclmul {
    /// A product takes a cycle here, of which a short message leaves some.
    const REGISTER_APART: bool = true;

    #[inline(always)]
    fn load_last(self, block: &[u8; 64], count: usize) -> __m512i {
        static MASKS: [u8; 128] = last_bytes::<64, 128>();
        let mask = MASKS[count..].first_chunk().expect("at most a vector");
        // SAFETY: the witness says AVX-512.
        unsafe { _mm512_and_si512(self.load(block), self.load(mask)) }
    }

    #[inline(always)]
    fn sum(self, vector: __m512i) -> __m128i {
        // SAFETY: the witness says AVX-512, which includes AVX2.
        unsafe {
            let upper = _mm512_extracti64x4_epi64::<1>(vector);
            let half = _mm256_xor_si256(_mm512_castsi512_si256(vector), upper);
            lane::xor(
                _mm256_castsi256_si128(half),
                _mm256_extracti128_si256::<1>(half),
            )
        }
    }

    #[inline(always)]
    fn register(self, lane: __m128i) -> u32 {
        black_box(lane::to_words(lane))[2]
    }

    #[inline(always)]
    fn xor_register_sparingly(self, vector: __m512i, register: u32) -> __m512i {
        self.xor_register(vector, black_box(register))
    }

    zmm_operations!();
    lane_operations!();
}
