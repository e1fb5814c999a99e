//! The ways in which people write a polynomial.

use std::fmt;

/// A way to write the polynomial of a model, other than the one of [`Model`](super::Model).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notation {
    /// The lowest power in the highest bit, as code that shifts right has it: `0xedb88320`.
    Reflected,
    /// With the highest term: `0x104c11db7`.
    Full,
    /// With the highest term, the lowest power in the highest bit: `0x1db710641`.
    FullReflected,
    /// With the highest term in place of the lowest, as Philip Koopman writes it: `0x82608edb`.
    Koopman,
    /// The reciprocal polynomial, `x^width G(1/x)`, which is another CRC: `0xdb710641`.
    Reciprocal,
    /// Without the lowest term, which is a slip: `0x04c11db6`.
    WithoutLowest,
}

impl Notation {
    /// Every one, the usual ones first.
    pub const ALL: [Self; 6] = [
        Self::Reflected,
        Self::Full,
        Self::FullReflected,
        Self::Koopman,
        Self::Reciprocal,
        Self::WithoutLowest,
    ];

    /// Its name in reports for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reflected => "reflected",
            Self::Full => "full",
            Self::FullReflected => "full-reflected",
            Self::Koopman => "koopman",
            Self::Reciprocal => "reciprocal",
            Self::WithoutLowest => "without-lowest",
        }
    }

    /// A polynomial of `width` bits, 1 to 64, in this notation.
    pub const fn write(self, poly: u64, width: u8) -> u128 {
        let mask = (1 << width) - 1;
        let reflected = (poly.reverse_bits() >> (64 - width)) as u128;
        let normal = poly as u128;
        match self {
            Self::Reflected => reflected,
            Self::Full => normal | (1 << width),
            Self::FullReflected => reflected << 1 | 1,
            Self::Koopman => (normal | (1 << width)) >> 1,
            Self::Reciprocal => (reflected << 1 | 1) & mask,
            Self::WithoutLowest => normal & !1,
        }
    }
}

/// What it does to a polynomial: `0xedb88320 is 0x04c11db7` ...
impl fmt::Display for Notation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reflected => "with its bits reversed",
            Self::Full => "with its highest term",
            Self::FullReflected => "with its highest term, and its bits reversed",
            Self::Koopman => "with its highest term and without its lowest (Koopman's notation)",
            Self::Reciprocal => "as its reciprocal, which is another CRC",
            Self::WithoutLowest => "without its lowest term",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ethernets_polynomial_has_its_published_forms() {
        let forms = Notation::ALL.map(|notation| notation.write(0x04c1_1db7, 32));
        assert_eq!(
            forms,
            [
                0xedb8_8320,
                0x1_04c1_1db7,
                0x1_db71_0641,
                0x8260_8edb,
                0xdb71_0641,
                0x04c1_1db6,
            ]
        );
    }

    #[test]
    fn the_widest_polynomial_has_a_highest_term() {
        let poly = 0x42f0_e1eb_a9ea_3693;
        assert_eq!(Notation::Full.write(poly, 64), 0x1_42f0_e1eb_a9ea_3693_u128);
        assert_eq!(Notation::Reflected.write(poly, 64), 0xc96c_5795_d787_0f42);
    }
}
