//! Tier `x86-avx512-vpclmul`: 512-bit vectors (Ice Lake, Sapphire Rapids).

use super::masks::{FIRST_BYTES, LAST_BYTES};
use super::{lane, lane_operations, tier, zmm_operations};
use crate::Tier;
use crate::arch::Isa;
use core::arch::x86_64::*;

tier!(
    /// A CPU with AVX-512 (F, BW, DQ, VL), PCLMULQDQ and VPCLMULQDQ.
    Avx512Vpclmul, Tier::X86Avx512Vpclmul, "avx512f,avx512bw,avx512dq,avx512vl,pclmulqdq,vpclmulqdq"
);

impl Isa for Avx512Vpclmul {
    zmm_operations!();
    lane_operations!();
}
