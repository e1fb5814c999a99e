//! From the sum of the weighed lanes to the checksum.

use crate::arch::Isa;
use crate::poly::{BARRETT_MU, BARRETT_P};

/// The checksum of a sum W of weighed lanes ([`super::weights`]): the complement of W mod P, where bit 95
/// of the lane stands for x^0 and W is below x^96, by two multiplications (Barrett):
///
/// ```text
/// Q = floor(floor(W / x^32) mu / x^63)          = floor(W / P), mu = floor(x^95 / P)
/// W + Q P                                       = W mod P
/// ```
///
/// The first 64 bits of the lane are floor(W / x^32) as they stand. The quotient is exact in
/// GF(2)\[x\]: there are no carries to be off by.
#[inline(always)]
pub(super) fn reduce<I: Isa>(isa: I, lane: I::Lane) -> u32 {
    // High words: compilers load them, where a low one is made in a register of the program and moved.
    let quotient = isa.lane_clmul_low_high(lane, isa.lane_multipliers([0, BARRETT_MU]));
    let multiple = isa.lane_clmul_low_high(quotient, isa.lane_multipliers([0, BARRETT_P]));
    // The complement of W is taken while the products are waited for.
    let all_ones = isa.lane_multipliers([0, u32::MAX.into()]);
    isa.register(isa.lane_xor(isa.lane_xor(lane, all_ones), multiple))
}
