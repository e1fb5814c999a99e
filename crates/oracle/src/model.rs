//! The Rocksoft model of a CRC algorithm.
//!
//! Source: Ross Williams, "A painless guide to CRC error detection algorithms", 1993, with
//! `residue` as the RevEng catalogue defines it.

use crate::bitwise::Bitwise;
use crate::judge::Judge;
use crate::{catalogue, nearest};
use std::borrow::Cow;
use std::fmt;

/// The message that `check` is the checksum of.
pub const CHECK_MESSAGE: &[u8] = b"123456789";

/// A CRC algorithm. Values lie in the low `width` bits.
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
    /// The register, reflected or not, after a codeword without error.
    pub residue: u64,
}

/// Why a model cannot be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelError {
    /// No catalogue entry has this name; perhaps the second was meant.
    Unknown(String, Option<&'static str>),
    /// A part of a model string that is not `key=value`.
    NotAnAssignment(String),
    /// A key that the Rocksoft model does not have.
    UnknownKey(String),
    /// A key that stands twice.
    Repeated(&'static str),
    /// A key that must be there and is not.
    Missing(&'static str),
    /// A value that is neither a number nor, for `refin` and `refout`, `true` or `false`.
    BadValue(&'static str, String),
    /// A width outside 3 to 64.
    Width(u64),
    /// A value that does not fit the width.
    TooWide(&'static str, u64, u8),
    /// A polynomial without its lowest term, which no CRC has.
    EvenPoly(u64),
    /// A value that differs from the one which the other parameters imply.
    Contradiction(&'static str, u64, u64),
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name, None) => write!(f, "no model is called `{name}`"),
            Self::Unknown(name, Some(near)) => {
                write!(f, "no model is called `{name}`; did you mean `{near}`?")
            }
            Self::NotAnAssignment(part) => write!(f, "`{part}` in a model is not `key=value`"),
            Self::UnknownKey(key) => write!(
                f,
                "a model has no parameter `{key}` (width poly init refin refout xorout check residue name)"
            ),
            Self::Repeated(key) => write!(f, "`{key}` stands twice in a model"),
            Self::Missing(key) => write!(f, "a model needs `{key}`"),
            Self::BadValue(key, value) => write!(f, "`{value}` is no value for `{key}`"),
            Self::Width(width) => write!(f, "a width of {width} is outside 3 to 64"),
            Self::TooWide(key, value, width) => {
                write!(f, "{key} {value:#x} does not fit a width of {width} bits")
            }
            Self::EvenPoly(poly) => write!(
                f,
                "poly {poly:#x} lacks the term 1; is it reflected, or without its lowest bit?"
            ),
            Self::Contradiction(key, given, implied) => {
                write!(
                    f,
                    "{key} {given:#x} contradicts the other parameters, which imply {implied:#x}"
                )
            }
        }
    }
}

impl std::error::Error for ModelError {}

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

    /// Reads the parameters of a model, `key=value` each, in any order. `check` and `residue` may be
    /// left out; they are computed, and compared if given.
    ///
    /// # Errors
    /// The first part that is wrong.
    pub fn parse(text: &str) -> Result<Self, ModelError> {
        let parts = Parts::read(text)?;
        let width = parts.number("width")?.ok_or(ModelError::Missing("width"))?;
        let width = u8::try_from(width).map_err(|_| ModelError::Width(width))?;
        let needed = |key| parts.number(key)?.ok_or(ModelError::Missing(key));
        let mut model = Self {
            name: Cow::Owned(parts.text("name").unwrap_or_default().to_owned()),
            width,
            poly: needed("poly")?,
            init: needed("init")?,
            refin: parts.truth("refin")?,
            refout: parts.truth("refout")?,
            xorout: needed("xorout")?,
            check: 0,
            residue: 0,
        };
        model.validate()?;
        let bitwise = Bitwise::new(&model);
        model.check = bitwise.update(model.initial_checksum(), CHECK_MESSAGE);
        model.residue = bitwise.residue();
        for (key, implied) in [("check", model.check), ("residue", model.residue)] {
            if let Some(given) = parts.number(key)?.filter(|&given| given != implied) {
                return Err(ModelError::Contradiction(key, given, implied));
            }
        }
        Ok(model)
    }

    fn validate(&self) -> Result<(), ModelError> {
        if !(3..=64).contains(&self.width) {
            return Err(ModelError::Width(u64::from(self.width)));
        }
        for (key, value) in [
            ("poly", self.poly),
            ("init", self.init),
            ("xorout", self.xorout),
        ] {
            if value & !self.mask() != 0 {
                return Err(ModelError::TooWide(key, value, self.width));
            }
        }
        if self.poly & 1 == 0 {
            return Err(ModelError::EvenPoly(self.poly));
        }
        Ok(())
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
        self.from_polynomial(self.init)
    }

    /// The checksum that this register gives.
    pub const fn checksum_of(&self, register: u64) -> u64 {
        (register ^ self.xorout) & self.mask()
    }

    /// The register behind this checksum.
    pub const fn register_of(&self, checksum: u64) -> u64 {
        (checksum ^ self.xorout) & self.mask()
    }

    /// From a checksum to the register as a polynomial, highest power in the highest bit.
    pub(crate) const fn to_polynomial(&self, checksum: u64) -> u64 {
        let register = self.register_of(checksum);
        if self.refout {
            self.reflect(register)
        } else {
            register
        }
    }

    /// From the register as a polynomial to the checksum.
    pub(crate) const fn from_polynomial(&self, polynomial: u64) -> u64 {
        self.checksum_of(if self.refout {
            self.reflect(polynomial)
        } else {
            polynomial
        })
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = 2 + usize::from(self.width).div_ceil(4);
        write!(
            f,
            "width={} poly={:#0digits$x} init={:#0digits$x} refin={} refout={} \
             xorout={:#0digits$x} check={:#0digits$x} residue={:#0digits$x}",
            self.width,
            self.poly,
            self.init,
            self.refin,
            self.refout,
            self.xorout,
            self.check,
            self.residue
        )?;
        if self.name.is_empty() {
            Ok(())
        } else {
            write!(f, " name={}", self.name)
        }
    }
}

/// The `key=value` parts of a model string.
struct Parts<'a>(Vec<(&'static str, &'a str)>);

const KEYS: [&str; 9] = [
    "width", "poly", "init", "refin", "refout", "xorout", "check", "residue", "name",
];

impl<'a> Parts<'a> {
    fn read(text: &'a str) -> Result<Self, ModelError> {
        let mut parts = Vec::new();
        for part in text.split_whitespace() {
            let (key, value) = part
                .split_once('=')
                .ok_or_else(|| ModelError::NotAnAssignment(part.to_owned()))?;
            let key = KEYS
                .into_iter()
                .find(|known| *known == key)
                .ok_or_else(|| ModelError::UnknownKey(key.to_owned()))?;
            if parts.iter().any(|(known, _)| *known == key) {
                return Err(ModelError::Repeated(key));
            }
            parts.push((key, value.trim_matches('"')));
        }
        Ok(Self(parts))
    }

    fn text(&self, key: &str) -> Option<&'a str> {
        self.0
            .iter()
            .find(|(known, _)| *known == key)
            .map(|(_, value)| *value)
    }

    fn number(&self, key: &'static str) -> Result<Option<u64>, ModelError> {
        let Some(value) = self.text(key) else {
            return Ok(None);
        };
        let digits = value.replace('_', "");
        let number = match digits
            .strip_prefix("0x")
            .or_else(|| digits.strip_prefix("0X"))
        {
            Some(hex) => u64::from_str_radix(hex, 16),
            None => digits.parse(),
        };
        number
            .map(Some)
            .map_err(|_| ModelError::BadValue(key, value.to_owned()))
    }

    fn truth(&self, key: &'static str) -> Result<bool, ModelError> {
        let value = self.text(key).ok_or(ModelError::Missing(key))?;
        value
            .parse()
            .map_err(|_| ModelError::BadValue(key, value.to_owned()))
    }
}
