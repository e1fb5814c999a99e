//! Tier `aarch64-pmull-eor3`: as `aarch64-pmull`, with the XOR of three in one instruction
//! (Neoverse V1 and V2, Apple M1).

use super::lane::{self, lane_operations};
use super::witness::witness;
use crate::isa::Isa;
use core::arch::aarch64::{uint64x2_t, veor3q_u64};

witness!(
    /// A CPU with PMULL and EOR3.
    PmullEor3, Aarch64PmullEor3, "neon,aes,sha3", crate::fold::update
);

impl Isa for PmullEor3 {
    lane_operations!();

    #[inline(always)]
    fn lane_fold(self, accumulator: uint64x2_t, by: uint64x2_t, next: uint64x2_t) -> uint64x2_t {
        // SAFETY: `self` exists only if the CPU has PMULL and EOR3, for which `witness` asks.
        unsafe {
            let (low, high) = lane::products(accumulator, by);
            veor3q_u64(low, high, next)
        }
    }
}
