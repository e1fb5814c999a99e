//! How a leg ends.

use crcheck_harness::report::verdict::ExitCode;
use serde::Serialize;
use std::fmt;

/// How a leg, a tier in it, or the purity check of a tier ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LegOutcome {
    /// Everything is right.
    Passed,
    /// The program executed an instruction that the CPU does not have.
    IllegalInstruction,
    /// There is a finding, or a planted fault was not caught.
    Faulty,
    /// It did not run, for a reason.
    Skipped,
    /// It ran and judged nothing.
    Nothing,
    /// It was stopped before its end.
    Incomplete,
    /// The emulator failed.
    Broken,
}

impl LegOutcome {
    /// The name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::IllegalInstruction => "illegal instruction",
            Self::Faulty => "faulty",
            Self::Skipped => "skipped",
            Self::Nothing => "nothing judged",
            Self::Incomplete => "incomplete",
            Self::Broken => "emulator failed",
        }
    }

    /// The exit code that it stands for.
    pub const fn exit_code(self) -> ExitCode {
        match self {
            Self::Passed | Self::Skipped => ExitCode::Passed,
            Self::IllegalInstruction | Self::Faulty => ExitCode::Found,
            Self::Nothing => ExitCode::Nothing,
            Self::Incomplete => ExitCode::Incomplete,
            Self::Broken => ExitCode::Io,
        }
    }

    /// Whether it replaces `other` as the outcome of the same leg.
    pub(crate) const fn is_graver_than(self, other: Self) -> bool {
        self.rank() < other.rank()
    }

    /// The gravest is 0.
    const fn rank(self) -> u8 {
        match self {
            Self::IllegalInstruction => 0,
            Self::Faulty => 1,
            Self::Nothing => 2,
            Self::Incomplete => 3,
            Self::Broken => 4,
            Self::Skipped => 5,
            Self::Passed => 6,
        }
    }
}

impl fmt::Display for LegOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
