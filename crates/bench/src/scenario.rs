//! Scenarios: how calls follow each other, and on how many bytes.

use crate::flush;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How calls follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Calls that do not wait for each other, on one message.
    Throughput,
    /// Each call waits for the one before, whose result decides where its message starts.
    Latency,
    /// Each call goes on from the checksum of the one before, on the same message: the register
    /// waits, and the message does not. So streams are summed.
    Register,
    /// Lengths 1 to the size, at random offsets, so that the CPU mispredicts branches.
    Random,
    /// The message is flushed from all caches before each call.
    Flushed,
    /// The message ends at an absent page. Loads behind it are slow even if they are masked.
    Guard,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Self; 6] = [
        Self::Throughput,
        Self::Latency,
        Self::Register,
        Self::Random,
        Self::Flushed,
        Self::Guard,
    ];

    /// The name on the command line and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Throughput => "throughput",
            Self::Latency => "latency",
            Self::Register => "register",
            Self::Random => "random",
            Self::Flushed => "flushed",
            Self::Guard => "guard",
        }
    }

    /// The sizes in bytes that are timed unless the user asks for others.
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
            Self::Register => &[1, 4, 16, 64, 256, 1024, 4096, 16 << 10, 64 << 10, 1 << 20],
            Self::Random => &[16, 64, 256, 1024, 4096],
            Self::Flushed => &[64 << 10, 256 << 10, 1 << 20, 16 << 20],
            Self::Guard => &[1, 4, 16, 31, 64, 100, 256, 1024],
        }
    }

    /// Whether messages start where the scenario says.
    pub const fn takes_an_offset(self) -> bool {
        !matches!(self, Self::Random | Self::Guard)
    }

    /// Whether reports give its rate in GB/s, and not the time of a call.
    pub const fn is_bulk(self) -> bool {
        matches!(self, Self::Throughput | Self::Flushed)
    }

    /// Why a size cannot be timed in this mode; `None` if it can.
    pub fn refusal(self, size_bytes: usize) -> Option<String> {
        match self {
            Self::Random if size_bytes > RANDOM_MAX_BYTES => {
                Some(format!("random lengths go up to {RANDOM_MAX_BYTES}"))
            }
            Self::Flushed if size_bytes < FLUSHED_MIN_BYTES => Some(format!(
                "each call is timed alone, and below {FLUSHED_MIN_BYTES} bytes \
                 the clock itself takes too long"
            )),
            Self::Flushed if !flush::is_available() => {
                Some("this CPU has no instruction with which programs flush caches".to_owned())
            }
            _ => None,
        }
    }
}

/// Messages of random lengths stay in the innermost cache.
pub const RANDOM_MAX_BYTES: usize = 16 << 10;

/// Reading the clock takes tens of nanoseconds, which is too much of a call on less.
pub const FLUSHED_MIN_BYTES: usize = 4096;

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// No mode has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no mode is called `{0}` (throughput, latency, register, random, flushed, guard)")]
pub struct UnknownMode(String);

impl FromStr for Mode {
    type Err = UnknownMode;

    fn from_str(name: &str) -> Result<Self, UnknownMode> {
        let found = Self::ALL.into_iter().find(|mode| mode.name() == name);
        found.ok_or_else(|| UnknownMode(name.to_owned()))
    }
}

/// A mode and a size: a row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Scenario {
    /// How calls follow each other.
    pub mode: Mode,
    /// The length of the message in bytes; the longest if lengths are random.
    pub size_bytes: usize,
    /// Where the message starts, modulo 64. The modes `random` and `guard` ignore it
    /// ([`Mode::takes_an_offset`]).
    pub offset_bytes: usize,
}

impl Scenario {
    /// The bytes of a call, on average.
    pub fn mean_bytes(&self) -> f64 {
        match self.mode {
            Mode::Random => (self.size_bytes as f64 + 1.0) / 2.0,
            _ => self.size_bytes as f64,
        }
    }

    /// Whether both time the same. An offset that the mode ignores does not count.
    pub fn is_same(&self, other: &Self) -> bool {
        (self.mode, self.size_bytes) == (other.mode, other.size_bytes)
            && (self.offset_bytes == other.offset_bytes || !self.mode.takes_an_offset())
    }

    /// The length, and the offset unless it is 0: `4K`, `4K+1`, `<=64`.
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

/// The longest message that can be timed: the memory must hold it.
pub const SIZE_MAX_BYTES: usize = 1 << 30;

/// Reads a size such as `64`, `4096`, `4K`, `4KiB`, `1M` or `1G`, in bytes; at least 1.
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
