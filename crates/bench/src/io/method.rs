//! The ways to read a file that the matrix has, by name.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A way to read a file: one of crcheck's, or a bound by another program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IoMethod {
    /// The page cache, mapped; pages come one by one, as they are touched.
    Mmap,
    /// The page cache, mapped with all its pages at once.
    MmapPopulate,
    /// `read` into a buffer.
    Read,
    /// `read` through this many layers, from 1 to 3, each of which copies through its own buffer.
    Chain(usize),
    /// `read` past the page cache (`O_DIRECT`).
    Direct,
    /// Several reads under way at once, by io_uring.
    Uring,
    /// 4 KiB at random places.
    Random,
    /// `dd of=/dev/null`: reads, and computes nothing.
    Dd,
    /// `dd iflag=direct`.
    DdDirect,
    /// `fio` with `read` through the page cache.
    Fio,
    /// `fio` with io_uring, past the page cache.
    FioDirect,
}

/// The size of a random read in bytes.
pub const RANDOM_BYTES: usize = 4096;

/// Buffers of `read` that are measured unless the user names others, in bytes.
const READ_BUFFERS: [usize; 7] = [
    4 << 10,
    16 << 10,
    64 << 10,
    256 << 10,
    1 << 20,
    4 << 20,
    16 << 20,
];

impl IoMethod {
    /// Every method, in the order of reports.
    pub const ALL: [Self; 13] = [
        Self::Mmap,
        Self::MmapPopulate,
        Self::Read,
        Self::Chain(1),
        Self::Chain(2),
        Self::Chain(3),
        Self::Direct,
        Self::Uring,
        Self::Random,
        Self::Dd,
        Self::DdDirect,
        Self::Fio,
        Self::FioDirect,
    ];

    /// The name on the command line and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mmap => "mmap",
            Self::MmapPopulate => "mmap-populate",
            Self::Read => "read",
            Self::Chain(1) => "chain-1",
            Self::Chain(2) => "chain-2",
            Self::Chain(_) => "chain-3",
            Self::Direct => "direct",
            Self::Uring => "uring",
            Self::Random => "random",
            Self::Dd => "dd",
            Self::DdDirect => "dd-direct",
            Self::Fio => "fio",
            Self::FioDirect => "fio-direct",
        }
    }

    /// Whether it is another program that only reads: a bound, without a checksum.
    pub const fn is_bound(self) -> bool {
        matches!(
            self,
            Self::Dd | Self::DdDirect | Self::Fio | Self::FioDirect
        )
    }

    /// Whether it reads past the page cache.
    pub const fn is_direct(self) -> bool {
        matches!(self, Self::Direct | Self::DdDirect | Self::FioDirect)
    }

    /// Whether `--threads` applies to it.
    pub const fn takes_threads(self) -> bool {
        matches!(
            self,
            Self::Mmap | Self::MmapPopulate | Self::Read | Self::Direct
        )
    }

    /// Whether `--buffer` applies to it.
    pub const fn takes_buffer(self) -> bool {
        matches!(
            self,
            Self::Read | Self::Chain(_) | Self::Direct | Self::Uring
        )
    }

    /// The sizes of its reads in bytes unless the user names others; empty if the method has none.
    pub const fn buffers_bytes(self) -> &'static [usize] {
        match self {
            Self::Mmap | Self::MmapPopulate => &[],
            Self::Read => &READ_BUFFERS,
            Self::Chain(_) => &[64 << 10],
            Self::Direct => &[1 << 20, 4 << 20],
            Self::Uring | Self::Dd | Self::Fio | Self::FioDirect => &[1 << 20],
            Self::Random => &[RANDOM_BYTES],
            Self::DdDirect => &[4 << 20],
        }
    }

    /// The size of a read of several threads in bytes, if it has one.
    pub const fn shared_buffer_bytes(self) -> Option<usize> {
        match self {
            Self::Read => Some(1 << 20),
            Self::Direct => Some(4 << 20),
            _ => None,
        }
    }
}

impl fmt::Display for IoMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// No method has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no method is called `{0}`; `crcheck bench io --list` shows all")]
pub struct UnknownMethod(String);

impl FromStr for IoMethod {
    type Err = UnknownMethod;

    fn from_str(name: &str) -> Result<Self, UnknownMethod> {
        let found = Self::ALL.into_iter().find(|method| method.name() == name);
        found.ok_or_else(|| UnknownMethod(name.to_owned()))
    }
}

impl Serialize for IoMethod {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for IoMethod {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_is_read_as_it_is_written() {
        for method in IoMethod::ALL {
            assert_eq!(method.name().parse(), Ok(method));
        }
        assert!("mmaps".parse::<IoMethod>().is_err());
    }
}
