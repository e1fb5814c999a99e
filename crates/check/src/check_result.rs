//! The result of one check of one subject.

use crate::coverage::cell_map::Runs;
use crate::coverage::visited::Visited;
use crate::group::Group;
use crate::halt::{Halt, Sampled};
use crate::races::Races;
use crate::thinning::Thinned;
use crcheck_subject::{Account, Blindness, CheckId, ExecutedBy, SubjectName, Unmodelled};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The result of one check of one subject.
#[derive(Clone, Debug)]
pub struct CheckResult {
    pub subject: SubjectName,
    pub check: CheckId,
    pub ending: Ending,
    /// What made it go on with a sample of its lengths, if it did.
    pub sampled: Option<Sampled>,
    /// What executed the subject's code.
    pub executed_by: ExecutedBy,
    /// What the interpreted calls of the subject have executed up to the end of this check, if an
    /// interpreter made them.
    pub account: Option<Account>,
    /// How many instructions its calls have executed, if an interpreter made them.
    pub instructions: Option<u64>,
    /// How many cells it visited.
    pub cells: u64,
    /// How many calls it made on them.
    pub calls: u64,
    /// How long it took, by the clock on the wall. To minimize and to diagnose its findings is part
    /// of it; to join findings of several checks is not. Two subjects may run side by side, and
    /// each counts its whole time.
    pub time: Duration,
    /// What the check proves if it has no finding.
    pub bound: Option<BoundSource>,
    /// The most stack that a call used at each length, in bytes, where the check measures it.
    pub stack: BTreeMap<usize, usize>,
    /// The first calls that raced, where the check races them.
    pub races: Option<Races>,
    /// The parts that it left out, and why.
    pub left_out: Vec<(String, Skip)>,
    /// The findings.
    pub groups: Vec<Group>,
    /// The lengths and alignments that it visited, and where it has findings.
    pub map: Arc<Runs>,
    /// The longest message that the subject's length argument can express, in bytes.
    pub length_max: u64,
    /// The lengths and alignments that it visited, as bounds and certificates state them.
    pub visited: Visited,
}

/// What a check without findings proves, as far as it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoundSource {
    /// The random messages that were visited were right.
    Messages,
    /// This number of random trials of the affine law held.
    Trials(usize),
    /// Every unit vector was right at each length and alignment that was visited.
    Basis,
}

/// How a check ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It visited everything in its plan.
    Complete,
    /// It visited some of the cases, spread over its plan.
    Thinned(Thinned),
    /// It gave up before that.
    Stopped(Halt),
    /// It did not run.
    Skipped(Skip),
    /// The subject, or an instruction that the interpreter does not know, kept it from judging:
    /// this reason says how.
    Prevented(String),
    /// It ran without entering the code that it should judge.
    NotEntered,
}

/// Why something did not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skip {
    pub reason: String,
    /// Whether it applies: it suits the subject and the plan, and could run on another machine or
    /// at another time.
    pub applies: bool,
}

impl Skip {
    /// Something that applies, and did not run here.
    pub fn here(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            applies: true,
        }
    }

    /// Something that does not apply to the subject, or that the plan does not include.
    pub fn inapplicable(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            applies: false,
        }
    }
}

impl Ending {
    /// The ending of a check whose calls an interpreter gave up: nothing is known of them.
    pub fn not_modelled(unmodelled: &Unmodelled) -> Self {
        Self::Prevented(unmodelled.to_string())
    }

    /// The ending of a check that relies on signals.
    pub fn prevented_by(blindness: Blindness) -> Self {
        Self::Prevented(format!(
            "the subject {blindness}, so accesses outside of a message are not seen"
        ))
    }
}

impl CheckResult {
    /// Adds what further interpreted calls of the subject have executed. The check does not judge
    /// if the interpreter did not know one of their instructions.
    pub(crate) fn join_account(&mut self, other: Option<Account>) {
        let Some(other) = other else {
            return;
        };
        let is_skipped = matches!(self.ending, Ending::Skipped(_));
        if let (Some(unmodelled), false) = (&other.unmodelled, is_skipped) {
            self.ending = Ending::not_modelled(unmodelled);
        }
        match &mut self.account {
            Some(account) => account.join(other),
            None => self.account = Some(other),
        }
    }

    /// The result of a check that has visited nothing yet.
    pub fn new(subject: SubjectName, check: CheckId) -> Self {
        Self {
            subject,
            check,
            ending: Ending::Complete,
            sampled: None,
            executed_by: ExecutedBy::default().here(),
            account: None,
            instructions: None,
            cells: 0,
            calls: 0,
            time: Duration::ZERO,
            bound: None,
            stack: BTreeMap::new(),
            races: None,
            left_out: Vec::new(),
            groups: Vec::new(),
            map: Arc::default(),
            length_max: u64::MAX,
            visited: Visited::default(),
        }
    }
}
