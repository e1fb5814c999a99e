//! What is wrong with a model, or with its text.

use std::fmt;

/// Why text or parameters are no model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelError {
    /// No catalogue entry has this name. The second is the nearest name, if one is near.
    Unknown(String, Option<&'static str>),
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
    /// A polynomial without its lowest term, which no CRC has.
    EvenPoly(u64),
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
                write!(f, "no model is called `{name}`; did you mean `{near}`?")
            }
            Self::NotAnAssignment(part) => write!(f, "`{part}` in a model is not `key=value`"),
            Self::UnknownKey(key) => write!(
                f,
                "a model has no parameter `{key}` \
                 (width poly init refin refout xorout check residue name)"
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
