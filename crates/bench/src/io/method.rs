//! The ways to read a file that the matrix has, by name.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A way to read a file: one of crcheck's, or a bound by another program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IoMethod {
    /// The one that `crcheck sum` chooses.
    Auto,
    /// The page cache, mapped whole or a window a time; pages come as they are touched.
    Mmap,
    /// The same, with all pages of the mapping at once.
    MmapPopulate,
    /// `read` into a buffer.
    Read,
    /// `read` through this many layers, from 1 to 3, each of which copies through its own buffer.
    Chain(usize),
    /// `read` past the page cache (`O_DIRECT`).
    Direct,
    /// Several reads under way at once, by io_uring.
    Uring,
    /// `pread` of 4 KiB at random places.
    Random,
    /// The same from a mapping of the whole file.
    RandomMmap,
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
const READ_BUFFERS: [Option<usize>; 7] = [
    Some(4 << 10),
    Some(16 << 10),
    Some(64 << 10),
    Some(256 << 10),
    Some(1 << 20),
    Some(4 << 20),
    Some(16 << 20),
];

impl IoMethod {
    /// Every method, in the order of reports.
    pub const ALL: [Self; 15] = [
        Self::Auto,
        Self::Mmap,
        Self::MmapPopulate,
        Self::Read,
        Self::Chain(1),
        Self::Chain(2),
        Self::Chain(3),
        Self::Direct,
        Self::Uring,
        Self::Random,
        Self::RandomMmap,
        Self::Dd,
        Self::DdDirect,
        Self::Fio,
        Self::FioDirect,
    ];

    /// The name on the command line and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Mmap => "mmap",
            Self::MmapPopulate => "mmap-populate",
            Self::Read => "read",
            Self::Chain(1) => "chain-1",
            Self::Chain(2) => "chain-2",
            Self::Chain(_) => "chain-3",
            Self::Direct => "direct",
            Self::Uring => "uring",
            Self::Random => "random",
            Self::RandomMmap => "random-mmap",
            Self::Dd => "dd",
            Self::DdDirect => "dd-direct",
            Self::Fio => "fio",
            Self::FioDirect => "fio-direct",
        }
    }

    /// Whether it is another program, which only reads.
    pub const fn is_program(self) -> bool {
        matches!(
            self,
            Self::Dd | Self::DdDirect | Self::Fio | Self::FioDirect
        )
    }

    /// Whether `--threads` applies to it.
    pub const fn takes_threads(self) -> bool {
        matches!(self, Self::Mmap | Self::Read | Self::Direct)
    }

    /// Whether `--buffer` applies to it.
    pub const fn takes_buffer(self) -> bool {
        matches!(
            self,
            Self::Mmap
                | Self::MmapPopulate
                | Self::Read
                | Self::Chain(_)
                | Self::Direct
                | Self::Uring
        )
    }

    /// Whether it can read without a checksum, as a bound of itself.
    pub const fn takes_no_checksum(self) -> bool {
        matches!(
            self,
            Self::Mmap | Self::MmapPopulate | Self::Read | Self::Direct | Self::Uring
        )
    }

    /// The sizes of its reads, or of the windows of its mapping, in bytes, unless the user names
    /// others. `None` maps the whole file.
    pub const fn buffers_bytes(self) -> &'static [Option<usize>] {
        match self {
            Self::Mmap | Self::MmapPopulate => &[None, Some(16 << 20)],
            Self::Read => &READ_BUFFERS,
            Self::Chain(_) => &[Some(64 << 10)],
            Self::Direct => &[Some(1 << 20), Some(4 << 20)],
            Self::Uring | Self::Dd | Self::Fio | Self::FioDirect => &[Some(1 << 20)],
            Self::Random => &[Some(RANDOM_BYTES)],
            Self::Auto | Self::RandomMmap => &[None],
            Self::DdDirect => &[Some(4 << 20)],
        }
    }

    /// The size in bytes that stands for all of them where one is enough.
    pub const fn usual_buffer_bytes(self) -> Option<usize> {
        match self {
            Self::Mmap | Self::MmapPopulate => Some(16 << 20),
            Self::Direct | Self::DdDirect => Some(4 << 20),
            Self::Chain(_) => Some(64 << 10),
            Self::Random => Some(RANDOM_BYTES),
            Self::Auto | Self::RandomMmap => None,
            Self::Read | Self::Uring | Self::Dd | Self::Fio | Self::FioDirect => Some(1 << 20),
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
