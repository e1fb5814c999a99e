//! What the self-test expects of one fault or good kernel, and what it saw.

use crate::right_diagnosis::Judgement;
use crcheck_harness::check::checks::CheckSet;
use crcheck_harness::subject::CheckId;
use crcheck_harness::subject::Kind;
use std::fmt;

/// What was expected of one fault or good kernel, and what came.
#[derive(Clone, Debug)]
pub struct SelftestRow {
    /// The name on the command line.
    pub name: String,
    /// The check that must catch the fault; `None` for a good kernel.
    pub expected: Option<CheckId>,
    /// The checks that judged it.
    pub checks: CheckSet,
    /// The findings, by check and kind.
    pub found: Vec<(CheckId, Kind)>,
    /// The findings with the check off; `None` if other checks have found the fault too.
    pub found_without: Option<Vec<(CheckId, Kind)>>,
    /// The checks that did not end.
    pub unfinished: Vec<CheckId>,
    /// Whether the diagnosis is right; `None` without a finding, and for good kernels.
    pub diagnosis: Option<Judgement>,
    /// Whether all is as it should be.
    pub outcome: SelftestOutcome,
}

/// How a row ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SelftestOutcome {
    /// As it should.
    Right,
    /// The check did not find the fault.
    Escaped,
    /// The check found the fault, and the diagnosis says something wrong.
    Misread,
    /// The check found the fault, and the diagnosis does not say what it is.
    Unexplained,
    /// A check found something in a good kernel.
    Accused,
    /// Other checks found the fault without the check that should be alone.
    NotNeeded,
    /// A check was stopped.
    Unfinished,
    /// This machine cannot show it, for this reason.
    Skipped(String),
}

impl fmt::Display for SelftestOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Right => f.write_str("right"),
            Self::Escaped => f.write_str("ESCAPED"),
            Self::Misread => f.write_str("MISREAD"),
            Self::Unexplained => f.write_str("UNEXPLAINED"),
            Self::Accused => f.write_str("ACCUSED"),
            Self::NotNeeded => f.write_str("NOT NEEDED"),
            Self::Unfinished => f.write_str("unfinished"),
            Self::Skipped(reason) => write!(f, "skipped ({reason})"),
        }
    }
}

/// The faults that nothing finds with this check off.
pub(super) fn escapes(rows: &[SelftestRow], check: CheckId) -> Vec<&str> {
    let is_escaped = |row: &&SelftestRow| {
        row.expected == Some(check) && row.found_without.as_ref().is_some_and(Vec::is_empty)
    };
    rows.iter()
        .filter(is_escaped)
        .map(|row| row.name.as_str())
        .collect()
}
