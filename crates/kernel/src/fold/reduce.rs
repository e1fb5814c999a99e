//! From the sum of the weighed lanes to the checksum.

use crate::isa::Isa;
use crate::poly::{BARRETT_MU, BARRETT_P};

/// The checksum of a sum W of weighed lanes ([`super::weights`]): the complement of W mod P.
///
/// Bit 95 of the lane stands for x^0, and the degree of W is below 96. Two multiplications reduce
/// it (Barrett 1986):
///
/// ```text
/// mu      = floor(x^95 / P)
/// Q       = floor(floor(W / x^32) mu / x^63) = floor(W / P)
/// W + Q P = W mod P
/// ```
///
/// The first 64 bits of the lane are floor(W / x^32) without a shift. The quotient is exact,
/// because GF(2)\[x\] has no carries.
#[inline(always)]
pub(super) fn reduce<I: Isa>(isa: I, lane: I::Lane) -> u32 {
    // The constants are high words: compilers load those from memory, and move low ones from a
    // general register.
    let quotient = isa.lane_clmul_low_high(lane, isa.lane_multipliers([0, BARRETT_MU]));
    let multiple = isa.lane_clmul_low_high(quotient, isa.lane_multipliers([0, BARRETT_P]));
    // The complement of W does not wait for the products.
    let all_ones = isa.lane_multipliers([0, u32::MAX.into()]);
    isa.register(isa.lane_xor(isa.lane_xor(lane, all_ones), multiple))
}
