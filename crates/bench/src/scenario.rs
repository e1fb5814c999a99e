//! What is timed: how calls follow each other, and on how many bytes.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How calls follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Calls that do not wait for each other, on one message.
    Throughput,
    /// Each call waits for the last: where its message starts depends on the result.
    Latency,
    /// Lengths 1 to the size, at random offsets, so that branches are mispredicted.
    Random,
    /// The message's lines are flushed from the caches before each call.
    Flushed,
    /// The message ends at a page that is not there: loads behind it are slow even where they are masked.
    Guard,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Self; 5] = [
        Self::Throughput,
        Self::Latency,
        Self::Random,
        Self::Flushed,
        Self::Guard,
    ];

    /// The name on the command line and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Throughput => "throughput",
            Self::Latency => "latency",
            Self::Random => "random",
            Self::Flushed => "flushed",
            Self::Guard => "guard",
        }
    }

    /// The sizes in bytes that are timed unless others are asked for.
    pub const fn sizes(self) -> &'static [usize] {
        match self {
            Self::Throughput => &[
                1,
                4,
                16,
                64,
                256,
                1 << 10,
                4 << 10,
                16 << 10,
                64 << 10,
                256 << 10,
                1 << 20,
                4 << 20,
                64 << 20,
            ],
            Self::Latency => &[1, 4, 16, 64, 256, 1024, 4096],
            Self::Random => &[16, 64, 256, 1024, 4096],
            Self::Flushed => &[64 << 10, 256 << 10, 1 << 20, 16 << 20],
            Self::Guard => &[1, 4, 16, 31, 64, 100, 256, 1024],
        }
    }

    /// Whether messages start where the scenario says.
    pub const fn takes_an_offset(self) -> bool {
        !matches!(self, Self::Random | Self::Guard)
    }

    /// Why a size cannot be timed in this mode.
    pub fn refuses(self, size_bytes: usize) -> Option<String> {
        match self {
            Self::Random if size_bytes > RANDOM_MAX_BYTES => {
                Some(format!("random lengths go up to {RANDOM_MAX_BYTES}"))
            }
            Self::Flushed if size_bytes < FLUSHED_MIN_BYTES => Some(format!(
                "each call is timed alone, and the clock would count below {FLUSHED_MIN_BYTES}"
            )),
            Self::Flushed if !crate::can_flush() => {
                Some("this CPU has no instruction for it that programs may use".to_owned())
            }
            _ => None,
        }
    }
}

/// Random lengths are for messages that stay in the innermost cache.
pub const RANDOM_MAX_BYTES: usize = 16 << 10;

/// Reading the clock costs tens of nanoseconds.
pub const FLUSHED_MIN_BYTES: usize = 4096;

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that is no mode's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no mode is called `{0}` (throughput, latency, random, flushed, guard)")]
pub struct UnknownMode(String);

impl FromStr for Mode {
    type Err = UnknownMode;

    fn from_str(name: &str) -> Result<Self, UnknownMode> {
        let found = Self::ALL.into_iter().find(|mode| mode.name() == name);
        found.ok_or_else(|| UnknownMode(name.to_owned()))
    }
}

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Scenario {
    /// How calls follow each other.
    pub mode: Mode,
    /// The message's length in bytes; of random lengths the longest.
    pub size_bytes: usize,
    /// Where the message starts, modulo 64; random in the mode `random`, and what
    /// the length makes of it in the mode `guard` ([`Mode::takes_an_offset`]).
    pub offset_bytes: usize,
}

impl Scenario {
    /// Bytes of a call, on average.
    pub fn mean_bytes(&self) -> f64 {
        match self.mode {
            Mode::Random => (self.size_bytes as f64 + 1.0) / 2.0,
            _ => self.size_bytes as f64,
        }
    }

    /// Whether the two time the same, whatever they say of a start that is not theirs to choose.
    pub fn is_same(&self, other: &Self) -> bool {
        (self.mode, self.size_bytes) == (other.mode, other.size_bytes)
            && (self.offset_bytes == other.offset_bytes || !self.mode.takes_an_offset())
    }

    /// The length, and where the message starts unless it is aligned: `4K`, `4K+1`, `<=64`.
    pub fn size(&self) -> String {
        let size = size_name(self.size_bytes);
        match (self.mode, self.offset_bytes) {
            (Mode::Random, _) => format!("<={size}"),
            (mode, offset) if offset > 0 && mode.takes_an_offset() => format!("{size}+{offset}"),
            _ => size,
        }
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.mode, self.size())
    }
}

/// A size as people write it: `64`, `4K`, `1M`.
pub fn size_name(bytes: usize) -> String {
    match bytes {
        0 => "0".to_owned(),
        _ if bytes.is_multiple_of(1 << 30) => format!("{}G", bytes >> 30),
        _ if bytes.is_multiple_of(1 << 20) => format!("{}M", bytes >> 20),
        _ if bytes.is_multiple_of(1 << 10) => format!("{}K", bytes >> 10),
        _ => bytes.to_string(),
    }
}

/// The longest message that is timed: the memory must hold it.
pub const SIZE_MAX_BYTES: usize = 1 << 30;

/// A size in bytes from `64`, `4096`, `4K`, `4KiB`, `1M` or `1G`; at least 1.
///
/// # Errors
/// What is wrong with it.
pub fn parse_size(text: &str) -> Result<usize, String> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let shift = match &text[digits.len()..] {
        "" | "B" => Some(0),
        "K" | "k" | "KiB" => Some(10),
        "M" | "MiB" => Some(20),
        "G" | "GiB" => Some(30),
        _ => None,
    };
    let bytes = digits.parse::<usize>().ok().zip(shift);
    bytes
        .and_then(|(count, shift)| count.checked_mul(1 << shift))
        .filter(|bytes| (1..=SIZE_MAX_BYTES).contains(bytes))
        .ok_or_else(|| format!("`{text}` is no size; 64, 4096, 4K, 1M and 1G are (1 byte to 1G)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_read_as_it_is_written() {
        for mode in Mode::ALL {
            assert_eq!(mode.name().parse(), Ok(mode));
            for &size in mode.sizes() {
                assert_eq!(parse_size(&size_name(size)), Ok(size));
            }
        }
        assert_eq!(parse_size("4KiB"), Ok(4096));
        for bad in [
            "",
            "0",
            "K",
            "-1",
            "1.5K",
            "4T",
            "99999999999999999999",
            "2G",
        ] {
            assert!(parse_size(bad).is_err(), "{bad}");
        }
    }
}
