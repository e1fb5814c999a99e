//! What one check of one subject came to.

use crate::coverage::cell_map::Runs;
use crate::depth::BasisDepth;
use crate::group::Group;
use crcheck_subject::{CheckId, SubjectName};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What one check of one subject came to.
#[derive(Clone, Debug)]
pub struct CheckResult {
    /// The subject's name.
    pub subject: SubjectName,
    /// The check.
    pub check: CheckId,
    /// How it ended.
    pub ending: Ending,
    /// Cells visited.
    pub cells: u64,
    /// Calls made on them.
    pub calls: u64,
    /// What it is worth that nothing was found.
    pub bound: Option<Worth>,
    /// The most stack that a call used at each length, in bytes, where it was measured.
    pub stack: BTreeMap<usize, usize>,
    /// Parts that did not apply: what, and the reason.
    pub left_out: Vec<(String, String)>,
    /// The findings.
    pub groups: Vec<Group>,
    /// Which lengths and alignments it visited, and where it found something.
    pub map: Arc<Runs>,
}

/// What it is worth that a check which was complete has found nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worth {
    /// As many random messages were right in each (length, alignment) cell.
    Messages(usize),
    /// As many random trials of the affine law held.
    Trials(usize),
    /// Every unit vector was right in each of the plan's cells.
    Basis(BasisDepth),
}

/// How a check ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It visited all that it was to visit.
    Complete,
    /// It was stopped before.
    Stopped,
    /// It did not apply, for this reason.
    Skipped(String),
    /// It ran without entering the code that it was to judge.
    NotEntered,
}

impl CheckResult {
    /// A check that has seen nothing yet.
    pub fn new(subject: SubjectName, check: CheckId) -> Self {
        Self {
            subject,
            check,
            ending: Ending::Complete,
            cells: 0,
            calls: 0,
            bound: None,
            stack: BTreeMap::new(),
            left_out: Vec::new(),
            groups: Vec::new(),
            map: Arc::default(),
        }
    }
}
