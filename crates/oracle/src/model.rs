//! The Rocksoft model of a CRC algorithm.
//!
//! Source: Ross Williams, "A painless guide to CRC error detection algorithms", 1993, with
//! `residue` as the RevEng catalogue defines it.

mod error;
mod text;

pub use error::ModelError;

use crate::bitwise::Bitwise;
use crate::judge::Judge;
use crate::{catalogue, nearest};
use std::borrow::Cow;

/// The message that `check` is the checksum of.
pub const CHECK_MESSAGE: &[u8] = b"123456789";

/// A CRC algorithm. Values lie in the low `width` bits. One put together field by field is held to
/// the rules by [`Model::validate`].
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
    /// Whether the register is reflected before it is given out.
    pub refout: bool,
    /// What the register, reflected or not, is XORed with to give the checksum.
    pub xorout: u64,
    /// The checksum of [`CHECK_MESSAGE`].
    pub check: u64,
    /// The register after a codeword without error, before `xorout`. As the catalogue defines it:
    /// the register starts as `xorout`, reflected if `refout`; reads `width` zero bits; and is
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

    /// The model of a catalogue name, or of a string such as
    /// `width=32 poly=0x04c11db7 init=0xffffffff refin=true refout=true xorout=0xffffffff`.
    ///
    /// # Errors
    /// An unknown name, with the nearest one; what [`Model::parse`] says of a string.
    pub fn find(text: &str) -> Result<Self, ModelError> {
        if text.contains('=') {
            return Self::parse(text);
        }
        let entries = catalogue::all();
        let found = entries
            .iter()
            .find(|model| model.name.eq_ignore_ascii_case(text));
        found.cloned().ok_or_else(|| {
            let near = nearest(text, entries.iter().map(|model| model.name.as_ref()));
            ModelError::Unknown(text.to_owned(), near)
        })
    }

    /// The model of these parameters, with `check` and `residue` computed from the definition.
    ///
    /// # Errors
    /// What [`Model::validate`] says.
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        width: u8,
        poly: u64,
        init: u64,
        refin: bool,
        refout: bool,
        xorout: u64,
    ) -> Result<Self, ModelError> {
        let mut model = Self {
            name: name.into(),
            width,
            poly,
            init,
            refin,
            refout,
            xorout,
            check: 0,
            residue: 0,
        };
        model.validate()?;
        let bitwise = Bitwise::new(&model);
        model.check = bitwise.update(model.initial_checksum(), CHECK_MESSAGE);
        model.residue = bitwise.residue();
        Ok(model)
    }

    /// Whether the parameters are those of a CRC: a width of 3 to 64, values that fit it, a
    /// polynomial with the term 1, a name that stands in a model string. `check` and `residue` are
    /// held to their width here, and to their values by [`Panel::qualify`](crate::panel::Panel).
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn validate(&self) -> Result<(), ModelError> {
        if !(3..=64).contains(&self.width) {
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
            return Err(ModelError::EvenPoly(self.poly));
        }
        let breaks_a_string = |c: char| c.is_whitespace() || c == '"';
        if self.name.contains(breaks_a_string) {
            return Err(ModelError::Name(self.name.to_string()));
        }
        Ok(())
    }

    fn fits(&self, key: &'static str, value: u64) -> Result<(), ModelError> {
        if value & !self.mask() == 0 {
            Ok(())
        } else {
            Err(ModelError::TooWide(key, value, self.width))
        }
    }

    /// The name, or the parameters of a model that has none: what [`Model::find`] reads back.
    pub fn label(&self) -> String {
        if self.name.is_empty() {
            self.to_string()
        } else {
            self.name.to_string()
        }
    }

    /// The low `width` bits.
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

    /// The checksum that this register gives. A register is in the order of output, that is, after
    /// `refout` and before `xorout`; bits above the width are ignored, here and in
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
