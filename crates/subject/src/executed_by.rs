//! What executes a subject's code.

use crcheck_platform::emulation::is_emulated;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What executes a subject's code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExecutedBy {
    /// The CPU of this machine.
    #[default]
    Hardware,
    /// An emulator, in which this process runs as a whole.
    Emulator,
    /// The interpreter of crcheck, one instruction after the other.
    Interpretation,
}

impl ExecutedBy {
    /// The same, seen from the machine that this process may be emulated on.
    #[must_use]
    pub fn here(self) -> Self {
        match self {
            Self::Hardware if is_emulated() => Self::Emulator,
            other => other,
        }
    }

    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hardware => "hardware",
            Self::Emulator => "emulator",
            Self::Interpretation => "interpretation",
        }
    }
}

impl fmt::Display for ExecutedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
