//! Tier `aarch64-pmull`: 128-bit vectors (Cortex-A53 with the cryptographic extension, A76, N1).

use super::lane::{self, lane_operations};
use super::witness::witness;
use crate::isa::Isa;
use core::arch::aarch64::uint64x2_t;

witness!(
    /// A CPU with PMULL.
    Pmull, Aarch64Pmull, "neon,aes", crate::fold::update
);

impl Isa for Pmull {
    lane_operations!();

    #[inline(always)]
    fn lane_fold(self, accumulator: uint64x2_t, by: uint64x2_t, next: uint64x2_t) -> uint64x2_t {
        // SAFETY: `self` exists only if the CPU has PMULL, for which `witness` asks.
        let (low, high) = unsafe { lane::products(accumulator, by) };
        lane::xor(lane::xor(low, next), high)
    }
}
