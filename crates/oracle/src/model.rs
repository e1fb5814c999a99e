//! The Rocksoft model of a CRC algorithm.
//!
//! Source: Ross Williams, "A painless guide to CRC error detection algorithms", 1993, with
//! `residue` as the RevEng catalogue defines it.

mod error;
mod notation;

pub use error::{ModelError, Near};
pub use notation::Notation;

use std::borrow::Cow;

/// The message that `check` is the checksum of.
pub const CHECK_MESSAGE: &[u8] = b"123456789";

/// The widths of models, in bits.
pub const WIDTHS: std::ops::RangeInclusive<u8> = 3..=64;

/// A CRC algorithm. Values lie in the low `width` bits. [`Model::validate`] checks a model that is
/// put together field by field.
///
/// ```
/// use crcheck_oracle::model::Model;
/// let model = Model::find("CRC-32/ISO-HDLC")?;
/// assert_eq!(Model::parse(&model.to_string())?, model);
/// # Ok::<(), crcheck_oracle::model::ModelError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Model {
    /// The catalogue's name, such as `CRC-32/ISO-HDLC`; empty for a model outside it.
    pub name: Cow<'static, str>,
    /// The degree of the generator polynomial: 3 to 64.
    pub width: u8,
    /// The generator polynomial without its highest term, highest power in the highest bit.
    pub poly: u64,
    /// The register before the first bit, highest power in the highest bit.
    pub init: u64,
    /// Whether the bits of a byte are read lowest first.
    pub refin: bool,
    /// Whether the register is reflected before output.
    pub refout: bool,
    /// The checksum is the register in the order of output, XORed with this.
    pub xorout: u64,
    /// The checksum of [`CHECK_MESSAGE`].
    pub check: u64,
    /// The register after a codeword without error, before `xorout`. The catalogue's definition:
    /// the register starts as `xorout`, reflected if `refout`; it reads `width` zero bits; it is
    /// reflected if `refin`.
    pub residue: u64,
}

impl Model {
    /// The CRC-32 of Ethernet, gzip, PNG and zip.
    pub const CRC_32_ISO_HDLC: Self = Self {
        name: Cow::Borrowed("CRC-32/ISO-HDLC"),
        width: 32,
        poly: 0x04c1_1db7,
        init: 0xffff_ffff,
        refin: true,
        refout: true,
        xorout: 0xffff_ffff,
        check: 0xcbf4_3926,
        residue: 0xdebb_20e3,
    };

    /// Checks that the parameters are those of a CRC: a width of 3 to 64, values that fit it, a
    /// polynomial with the term 1, a name that a model string can hold. Of `check` and `residue`
    /// it checks the width. [`Panel::qualify`](crate::panel::Panel) checks their values.
    ///
    /// # Errors
    /// The first rule that the model breaks.
    pub fn validate(&self) -> Result<(), ModelError> {
        if !WIDTHS.contains(&self.width) {
            return Err(ModelError::Width(u64::from(self.width)));
        }
        for (key, value) in [
            ("poly", self.poly),
            ("init", self.init),
            ("xorout", self.xorout),
            ("check", self.check),
            ("residue", self.residue),
        ] {
            self.fits(key, value)?;
        }
        if self.poly & 1 == 0 {
            return Err(ModelError::EvenPoly(self.poly, self.width, None));
        }
        let breaks_a_string = |c: char| c.is_whitespace() || c == '"';
        if self.name.contains(breaks_a_string) {
            return Err(ModelError::Name(self.name.to_string()));
        }
        Ok(())
    }

    /// Checks that a value has no bit above the width.
    pub(crate) fn fits(&self, key: &'static str, value: u64) -> Result<(), ModelError> {
        if value & !self.mask() == 0 {
            Ok(())
        } else {
            Err(ModelError::TooWide(key, value, self.width))
        }
    }

    /// A word with its low `width` bits set.
    pub const fn mask(&self) -> u64 {
        u64::MAX >> (64 - self.width)
    }

    /// `word` with its low `width` bits in reverse order.
    pub const fn reflect(&self, word: u64) -> u64 {
        word.reverse_bits() >> (64 - self.width)
    }

    /// The checksum of the empty message, which the zlib convention passes first.
    pub const fn initial_checksum(&self) -> u64 {
        self.checksum_of_polynomial(self.init)
    }

    /// The checksum of this register. A register is in the order of output, that is, after `refout`
    /// and before `xorout`. Bits above the width do not count, neither here nor in
    /// [`Model::register_of`].
    pub const fn checksum_of(&self, register: u64) -> u64 {
        (register ^ self.xorout) & self.mask()
    }

    /// The register behind this checksum.
    pub const fn register_of(&self, checksum: u64) -> u64 {
        (checksum ^ self.xorout) & self.mask()
    }

    /// From a checksum to the register as a polynomial, highest power in the highest bit.
    pub(crate) const fn polynomial_of(&self, checksum: u64) -> u64 {
        let register = self.register_of(checksum);
        if self.refout {
            self.reflect(register)
        } else {
            register
        }
    }

    /// From the register as a polynomial to the checksum.
    pub(crate) const fn checksum_of_polynomial(&self, polynomial: u64) -> u64 {
        self.checksum_of(if self.refout {
            self.reflect(polynomial)
        } else {
            polynomial
        })
    }
}
