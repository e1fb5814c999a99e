//! Values that instructions find: corners, and random ones.

use crcheck_platform::rng::SplitMix64;

/// How the values of one case are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Each value in a style of its own.
    Mixed,
    Zeros,
    Ones,
    /// The highest bits of lanes, or all others.
    Signs,
    Alternating,
    Small,
    Random,
}

use Style::{Alternating, Mixed, Ones, Random, Signs, Small, Zeros};

/// The styles of the first cases, then again from the start.
const ORDER: [Style; 12] = [
    Mixed,
    Zeros,
    Ones,
    Signs,
    Alternating,
    Small,
    Random,
    Mixed,
    Random,
    Mixed,
    Small,
    Mixed,
];

/// The styles that a mixed case draws from.
const MIXTURE: [Style; 8] = [
    Zeros,
    Ones,
    Signs,
    Alternating,
    Small,
    Random,
    Random,
    Random,
];

const SIGNS: [u64; 9] = [
    0x8080_8080_8080_8080,
    0x8000_8000_8000_8000,
    0x8000_0000_8000_0000,
    0x8000_0000_0000_0000,
    0x7f7f_7f7f_7f7f_7f7f,
    0x7fff_7fff_7fff_7fff,
    0x7fff_ffff_7fff_ffff,
    0x7fff_ffff_ffff_ffff,
    0x0000_0000_8000_0000,
];

const ALTERNATING: [u64; 6] = [
    0x5555_5555_5555_5555,
    0xaaaa_aaaa_aaaa_aaaa,
    0x00ff_00ff_00ff_00ff,
    0xff00_ff00_ff00_ff00,
    0x0000_ffff_0000_ffff,
    0x0123_4567_89ab_cdef,
];

impl Style {
    /// That of a case.
    pub(super) const fn of_case(number: u32) -> Self {
        ORDER[number as usize % ORDER.len()]
    }

    /// The style of one value of a case of this style.
    pub(super) fn of_value(self, rng: &mut SplitMix64) -> Self {
        match self {
            Mixed => MIXTURE[rng.index(MIXTURE.len())],
            other => other,
        }
    }

    /// 64 bits in this style. It draws one number, whatever the style.
    pub(super) fn word(self, rng: &mut SplitMix64) -> u64 {
        let random = rng.next_u64();
        let pick = |values: &[u64]| values[random as usize % values.len()];
        match self {
            Zeros => 0,
            Ones => u64::MAX,
            Signs => pick(&SIGNS),
            Alternating => pick(&ALTERNATING),
            // Indexes and counts lie in every byte.
            Small if random >> 63 == 0 => random & 0x1f,
            Small => random & 0x0f0f_0f0f_0f0f_0f0f,
            Mixed | Random => random,
        }
    }
}

/// The `number`th immediate of 8 bits: 256 numbers that follow one another give all 256, `first`
/// the first.
pub(super) const fn immediate(first: u64, number: u32) -> u8 {
    (first as u8).wrapping_add((number as u8).wrapping_mul(167))
}
