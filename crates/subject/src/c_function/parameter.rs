//! What a function takes in one place.

use super::fixed::Fixed;
use super::loaded::Loaded;
use crcheck_platform::raw_entry::{Argument, COPIED_BYTES_MAX, IntegerBits};
use std::fmt;
use std::str::FromStr;

/// What a function takes in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Parameter {
    /// The checksum so far; `None` if the model's width decides how wide it is.
    Checksum(Option<IntegerBits>),
    /// The address of the checksum so far, where the function leaves the next one.
    ChecksumAt(Option<IntegerBits>),
    /// The address of memory where the function leaves the checksum.
    Answer,
    /// `const uint8_t *`: the message.
    Message,
    /// `const uint8_t *`: the first byte behind the message.
    End,
    /// The length of the message in bytes; `None` for `size_t`.
    Length(Option<IntegerBits>),
    /// How far the message begins behind `buf`; `None` for `size_t`.
    Offset(Option<IntegerBits>),
    /// `uint8_t *`: memory that takes a copy of the message.
    Destination,
    /// The state of a stream; `None` for its address, or if the model's width decides.
    State(Option<IntegerBits>),
    /// The same value at each call.
    Fixed(Fixed),
}

impl Parameter {
    /// The parameter as a caller fills it.
    ///
    /// # Errors
    /// What `library` says.
    ///
    /// # Safety
    /// The caller survives whatever the library's functions do.
    pub(super) unsafe fn argument(&self, library: &dyn Loaded) -> Result<Argument, String> {
        let or_size = |bits: &Option<IntegerBits>| bits.unwrap_or(IntegerBits::ADDRESS);
        Ok(match self {
            Self::Checksum(bits) => Argument::Checksum(bits.unwrap_or(IntegerBits::B32)),
            Self::ChecksumAt(bits) => Argument::ChecksumAt(bits.unwrap_or(IntegerBits::B32)),
            Self::Answer => Argument::Answer,
            Self::Message => Argument::Message,
            Self::End => Argument::End,
            Self::Length(bits) => Argument::Length(or_size(bits)),
            Self::Offset(bits) => Argument::Offset(or_size(bits)),
            Self::Destination => Argument::Destination,
            Self::State(bits) => Argument::State(or_size(bits)),
            // SAFETY: the caller vouches for itself.
            Self::Fixed(fixed) => Argument::Word(unsafe { fixed.value(library) }?),
        })
    }

    /// The longest message that these can express, in bytes; with a copy, that is copied.
    pub(super) fn length_max(parameters: &[Self]) -> u64 {
        let lengths = parameters.iter().filter_map(|one| match one {
            Self::Length(Some(bits)) => Some(bits.mask()),
            Self::Destination => Some(COPIED_BYTES_MAX as u64),
            _ => None,
        });
        lengths.min().unwrap_or(u64::MAX)
    }

    /// Whether the address of the message may be null: an offset counts from it, and a copy comes
    /// from it.
    pub(super) fn take_null(parameters: &[Self]) -> bool {
        let excludes = |one: &Self| matches!(one, Self::Offset(_) | Self::Destination);
        !parameters.iter().any(excludes)
    }

    /// Adds the names of the functions that these call.
    pub(super) fn add_names<'n>(parameters: &'n [Self], names: &mut Vec<&'n str>) {
        for parameter in parameters {
            if let Self::Fixed(fixed) = parameter {
                fixed.add_names(names);
            }
        }
    }

    /// The width of the one for the checksum, if there is one.
    pub(super) fn checksum(parameters: &[Self]) -> Option<Option<IntegerBits>> {
        parameters.iter().find_map(|one| match one {
            Self::Checksum(bits) | Self::ChecksumAt(bits) => Some(*bits),
            _ => None,
        })
    }

    /// Whether these lead a function to the message.
    ///
    /// # Errors
    /// What is missing, or there too often.
    pub(super) fn lead_to_message(parameters: &[Self]) -> Result<(), &'static str> {
        let count = |is: fn(&Self) -> bool| parameters.iter().filter(|one| is(one)).count();
        if count(|one| matches!(one, Self::Message)) != 1 {
            return Err("the message, buf, must be there once");
        }
        if count(|one| matches!(one, Self::Length(_) | Self::End)) != 1 {
            return Err(
                "either the length, len, or the end of the message, end, must be there once",
            );
        }
        if count(|one| matches!(one, Self::Destination)) > 1
            || count(|one| matches!(one, Self::Offset(_))) > 1
        {
            return Err("dst and offset must be there once at most");
        }
        Ok(())
    }
}

/// The words of parameters, as an error lists them.
const WORDS: &str = "crc, crc8, crc16, crc32, crc64, &crc (with the same widths), out, buf, end, \
                     len, len8, len16, len32, len64, offset (with the same widths), dst, zero, \
                     const:NUMBER, sym:NAME, call:NAME(...); in --stream, state";

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let with_bits = |f: &mut fmt::Formatter<'_>, word: &str, bits: &Option<IntegerBits>| {
            let bits = bits.map_or(String::new(), |bits| bits.get().to_string());
            write!(f, "{word}{bits}")
        };
        match self {
            Self::Checksum(bits) => with_bits(f, "crc", bits),
            Self::ChecksumAt(bits) => with_bits(f, "&crc", bits),
            Self::Answer => f.write_str("out"),
            Self::Message => f.write_str("buf"),
            Self::End => f.write_str("end"),
            Self::Length(bits) => with_bits(f, "len", bits),
            Self::Offset(bits) => with_bits(f, "offset", bits),
            Self::Destination => f.write_str("dst"),
            Self::State(bits) => with_bits(f, "state", bits),
            Self::Fixed(fixed) => fixed.fmt(f),
        }
    }
}

/// The bits behind `word` in `text`: `Some(None)` if there are none.
pub(super) fn bits_behind(text: &str, word: &str) -> Option<Option<IntegerBits>> {
    let rest = text.strip_prefix(word)?;
    if rest.is_empty() {
        return Some(None);
    }
    let all = IntegerBits::ALL.into_iter();
    let mut found = all.filter(|bits| bits.get().to_string() == rest);
    found.next().map(Some)
}

impl FromStr for Parameter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        for (word, of_bits) in [
            ("crc", Self::Checksum as fn(Option<IntegerBits>) -> Self),
            ("&crc", Self::ChecksumAt),
            ("len", Self::Length),
            ("offset", Self::Offset),
            ("state", Self::State),
        ] {
            if let Some(bits) = bits_behind(text, word) {
                return Ok(of_bits(bits));
            }
        }
        match text {
            "buf" => Ok(Self::Message),
            "end" => Ok(Self::End),
            "out" => Ok(Self::Answer),
            "dst" => Ok(Self::Destination),
            _ => match Fixed::read(text) {
                Some(fixed) => fixed.map(Self::Fixed),
                None => Err(format!("`{text}` is not a parameter; there are {WORDS}")),
            },
        }
    }
}
