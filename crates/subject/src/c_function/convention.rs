//! What a function takes and returns: checksums or registers.

use std::fmt;
use std::str::FromStr;

/// What a function takes and returns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Convention {
    /// It takes the previous checksum (0 at first, for CRC-32) and returns the next.
    #[default]
    Zlib,
    /// It takes and returns the register, before xorout.
    Register,
}

impl Convention {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Zlib, Self::Register];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Zlib => "zlib",
            Self::Register => "register",
        }
    }
}

impl fmt::Display for Convention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Convention {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|one| one.name() == name);
        found.ok_or_else(|| format!("no convention is called `{name}` (zlib, register)"))
    }
}
