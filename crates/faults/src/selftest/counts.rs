//! How many rows of a self-test ended how.

use super::row::{SelftestOutcome, SelftestRow};
use crcheck_harness::report::verdict::ExitCode;

/// How many rows ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// As they should.
    pub right: usize,
    /// Otherwise: a fault escaped or was misread, a good kernel was accused, or a check was not
    /// needed.
    pub wrong: usize,
    /// Not at all: this machine cannot show them.
    pub skipped: usize,
    /// With a check that was stopped.
    pub unfinished: usize,
}

impl Counts {
    /// Counts `rows`.
    pub fn of(rows: &[SelftestRow]) -> Self {
        let mut counts = Self::default();
        for row in rows {
            *match row.outcome {
                SelftestOutcome::Right => &mut counts.right,
                SelftestOutcome::Skipped(_) => &mut counts.skipped,
                SelftestOutcome::Unfinished => &mut counts.unfinished,
                SelftestOutcome::Escaped
                | SelftestOutcome::Misread
                | SelftestOutcome::Unexplained
                | SelftestOutcome::Accused
                | SelftestOutcome::NotNeeded => &mut counts.wrong,
            } += 1;
        }
        counts
    }

    /// The exit code of a self-test with these counts.
    pub const fn exit_code(self) -> ExitCode {
        match self {
            Self { wrong: 1.., .. } => ExitCode::Found,
            Self {
                unfinished: 1.., ..
            } => ExitCode::Incomplete,
            Self { right: 0, .. } => ExitCode::Nothing,
            _ => ExitCode::Passed,
        }
    }

    /// The counts in words.
    pub fn to_line(self) -> String {
        let Self {
            right,
            wrong,
            skipped,
            unfinished,
        } = self;
        format!("{right} right, {wrong} wrong, {skipped} skipped, {unfinished} unfinished")
    }
}
