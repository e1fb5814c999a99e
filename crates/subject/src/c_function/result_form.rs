//! How a result is written.

use crcheck_platform::raw_entry::Form;
use std::fmt;
use std::str::FromStr;

/// How a result is written, as `--result` names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResultForm {
    /// An integer of this machine.
    #[default]
    Native,
    /// The highest byte first in memory.
    BigEndian,
    /// The lowest byte first in memory.
    LittleEndian,
    /// Text of hexadecimal digits.
    Hexadecimal,
    /// A signed integer, whose sign fills the bits above the checksum.
    Signed,
}

impl ResultForm {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Native,
        Self::BigEndian,
        Self::LittleEndian,
        Self::Hexadecimal,
        Self::Signed,
    ];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::BigEndian => "be",
            Self::LittleEndian => "le",
            Self::Hexadecimal => "hex",
            Self::Signed => "signed",
        }
    }

    /// The same for calls.
    pub(super) const fn form(self) -> Form {
        match self {
            // The bits above the checksum do not count, so that a sign does not.
            Self::Native | Self::Signed => Form::Integer,
            Self::BigEndian => Form::BigEndian,
            Self::LittleEndian => Form::LittleEndian,
            Self::Hexadecimal => Form::Hexadecimal,
        }
    }
}

impl fmt::Display for ResultForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ResultForm {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|one| one.name() == name);
        found.ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("no form of a result is called `{name}` ({names})")
        })
    }
}
