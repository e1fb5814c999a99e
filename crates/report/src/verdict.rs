//! Verdicts and exit codes.

use crcheck_subject::ForeignError;
use serde::Serialize;
use std::fmt;

/// The verdict of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Everything selected ran and passed.
    Pass,
    /// There is a finding.
    Fail,
    /// The run was stopped before the end, and has no finding so far.
    Incomplete,
    /// The run says nothing: nothing ran, or something required did not.
    Void,
}

impl Verdict {
    /// The verdict as reports write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Incomplete => "incomplete",
            Self::Void => "void",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The program's exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum ExitCode {
    /// Everything selected ran and passed.
    Passed = 0,
    /// There is a finding. It outranks 3 to 6.
    Found = 1,
    /// The command line is wrong.
    Usage = 2,
    /// A required tier, emulator or subject is not available here.
    Unavailable = 3,
    /// Nothing was selected to run.
    Nothing = 4,
    /// A budget or an interrupt stopped the run before the end, and it has no finding so far.
    Incomplete = 5,
    /// Input or output failed, or an artifact is malformed.
    Io = 6,
    /// A bug in crcheck itself.
    Bug = 101,
    /// An interrupt came before any result.
    Interrupted = 130,
}

impl ExitCode {
    /// The code to exit with for two reasons: that of a finding if there is one, else the lower
    /// one.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Passed, code) | (code, Self::Passed) => code,
            (one, other) => one.min(other),
        }
    }

    /// The verdict that goes with the code.
    pub const fn verdict(self) -> Verdict {
        match self {
            Self::Passed => Verdict::Pass,
            Self::Found => Verdict::Fail,
            Self::Incomplete => Verdict::Incomplete,
            _ => Verdict::Void,
        }
    }
}

/// The exit code for a subject that is not available.
impl From<&ForeignError> for ExitCode {
    fn from(error: &ForeignError) -> Self {
        match error {
            ForeignError::Usage(_) => Self::Usage,
            ForeignError::Unavailable(_) => Self::Unavailable,
            ForeignError::Start(_) => Self::Io,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_outranks_and_the_lowest_wins() {
        use ExitCode as E;
        assert_eq!(E::Passed.and(E::Incomplete), E::Incomplete);
        assert_eq!(E::Unavailable.and(E::Found), E::Found);
        assert_eq!(E::Io.and(E::Nothing), E::Nothing);
        assert_eq!(E::Passed.and(E::Passed), E::Passed);
    }
}
