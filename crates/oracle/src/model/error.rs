//! What is wrong with a model, or with its text.

use super::Notation;
use std::fmt;

/// The name that a wrong one means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Near {
    /// The name: an entry's own, or another of its names.
    pub name: &'static str,
    /// The entry's own name.
    pub entry: &'static str,
}

impl fmt::Display for Near {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, entry } = self;
        if name == entry {
            write!(f, "did you mean `{name}`?")
        } else {
            write!(f, "did you mean `{name}` ({entry})?")
        }
    }
}

/// Why text or parameters are no model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelError {
    /// No catalogue entry has this name. The second is the nearest name, if one is near.
    Unknown(String, Option<Near>),
    /// The catalogue has an entry of this name and width, and no judge can compute it.
    EntryWidth(&'static str, u8),
    /// A part of a model string that is not `key=value`.
    NotAnAssignment(String),
    /// A key that the Rocksoft model does not have.
    UnknownKey(String),
    /// A key that is there twice.
    Repeated(&'static str),
    /// A key that is not there and must be.
    Missing(&'static str),
    /// A value that is neither a number nor, for `refin` and `refout`, `true` or `false`.
    BadValue(&'static str, String),
    /// A width outside 3 to 64.
    Width(u64),
    /// The key of a value, the value, and the width in bits that it does not fit.
    TooWide(&'static str, u64, u8),
    /// A polynomial without its lowest term, which no CRC has: the polynomial, the width, and the
    /// known polynomial that it is in another notation.
    EvenPoly(u64, u8, Option<(u64, Notation)>),
    /// A name with white space or quotation marks, which a model string cannot hold.
    Name(String),
    /// The key of a value, the value, and the value that the other parameters imply.
    Contradiction(&'static str, u64, u64),
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name, None) => write!(f, "no model is called `{name}`"),
            Self::Unknown(name, Some(near)) => {
                write!(f, "no model is called `{name}`; {near}")
            }
            Self::EntryWidth(name, width) => write!(
                f,
                "{name} has {width} bits, and crcheck judges CRCs of 3 to 64 bits"
            ),
            Self::NotAnAssignment(part) => write!(f, "`{part}` in a model is not `key=value`"),
            Self::UnknownKey(key) => write!(
                f,
                "a model has no parameter `{key}` \
                 (width poly init refin refout xorout check residue name)"
            ),
            Self::Repeated(key) => write!(f, "`{key}` stands twice in a model"),
            Self::Missing(key) => write!(f, "a model needs `{key}`"),
            Self::BadValue(key, value) => write!(f, "`{value}` is no value for `{key}`"),
            Self::Width(width) => write!(
                f,
                "a width of {width} is outside 3 to 64, the widths that crcheck judges"
            ),
            Self::TooWide(key, value, width) => {
                write!(f, "{key} {value:#x} does not fit a width of {width} bits")?;
                match without_highest(*value, *width).filter(|_| *key == "poly") {
                    Some(poly) => write!(f, ": write it without its highest term, poly={poly}"),
                    None => Ok(()),
                }
            }
            Self::EvenPoly(poly, width, meant) => {
                let shown = word(*poly, *width);
                write!(f, "poly {shown} lacks the term 1, which every CRC has")?;
                let reflected = Notation::Reflected.write(*poly, *width) as u64;
                match meant {
                    Some((meant, notation)) => {
                        let meant = word(*meant, *width);
                        write!(f, ": it is {meant} {notation}; write poly={meant}")
                    }
                    None if reflected & 1 == 1 => {
                        let reflected = word(reflected, *width);
                        write!(f, "; if its bits are reversed, write poly={reflected}")
                    }
                    None => Ok(()),
                }
            }
            Self::Name(name) => {
                write!(
                    f,
                    "the name {name:?} of a model has white space or quotation marks"
                )
            }
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

/// A word of this many bits, as models are written.
fn word(value: u64, width: u8) -> String {
    let digits = 2 + usize::from(width).div_ceil(4);
    format!("{value:#0digits$x}")
}

/// A polynomial that has its highest term, without it.
fn without_highest(value: u64, width: u8) -> Option<String> {
    let has_both = width < 64 && value >> width == 1 && value & 1 == 1;
    has_both.then(|| word(value ^ 1 << width, width))
}
