//! Tier `x86-avx512-vpclmul`: 512-bit vectors (Ice Lake, Sapphire Rapids).
//!
//! On Intel's CPUs carry-less multiplication shares port 5 with the instructions that move a value
//! between lanes, from general registers to vectors, or into mask registers. Calls that do not wait
//! for each other take as long as that port is busy. So the sum over the lanes uses two such moves
//! and not three, a vector masks the end of a message, and the CRC's register goes through memory,
//! which has ports of its own. `black_box` keeps the compiler from turning that into a move again.

use super::lane::{self, lane_operations};
use super::masks::{FIRST_BYTES, LAST_BYTES};
use super::witness::witness;
use super::zmm::{XOR_OF_THREE, zmm_operations};
use crate::arch::masks::last_bytes;
use crate::isa::Isa;
use core::arch::x86_64::*;
use core::hint::black_box;

witness!(
    /// A CPU with AVX-512 (F, BW, DQ, VL), PCLMULQDQ and VPCLMULQDQ.
    Avx512Vpclmul, X86Avx512Vpclmul, "avx512f,avx512bw,avx512dq,avx512vl,pclmulqdq,vpclmulqdq"
);

impl Isa for Avx512Vpclmul {
    /// A product takes one cycle on these CPUs, and a short message leaves some cycles free.
    const WEIGHS_REGISTER_APART: bool = true;

    #[inline(always)]
    fn load_last(self, block: &[u8; 64], count: usize) -> __m512i {
        static MASKS: [u8; 128] = last_bytes::<64, 128>();
        let mask = MASKS[count..].first_chunk().expect("at most a vector");
        // SAFETY: the witness proves AVX-512.
        unsafe { _mm512_and_si512(self.load(block), self.load(mask)) }
    }

    #[inline(always)]
    fn sum(self, vector: __m512i) -> __m128i {
        // SAFETY: the witness proves AVX-512, which includes AVX2.
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
