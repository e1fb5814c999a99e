//! One check of one subject, in a report.

use crate::bound::Bound;
use crate::count::count_in_words;
use crate::duration::duration_in_words;
use crate::races::RacesReport;
use crate::stack::StackReport;
use crate::verdict::Verdict;
use crcheck_check::check_result::{BoundSource, CheckResult, Ending};
use crcheck_check::checks::CHECKS;
use crcheck_check::coverage::cell_map::Runs;
use crcheck_check::coverage::visited::Visited;
use crcheck_check::halt::{Halt, Sampled, Why};
use crcheck_check::thinning::Thinned;
use crcheck_subject::{CheckId, ExecutedBy, SubjectName};
use serde::Serialize;
use std::sync::Arc;

/// One check of one subject.
#[derive(Clone, Debug, Serialize)]
pub struct CheckReport {
    pub id: CheckId,
    pub subject: String,
    /// The model of the subject, if the subjects of the run have different ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    pub verdict: Verdict,
    /// What executed the subject's code.
    pub executed_by: ExecutedBy,
    /// How many cells it visited.
    pub cells: u64,
    /// How many calls it made on them.
    pub calls: u64,
    /// How many instructions those have executed, if an interpreter made them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructions: Option<u64>,
    /// How many seconds it took, see [`CheckResult::time`].
    pub seconds: f64,
    /// The lengths and alignments that it visited.
    pub visited: Visited,
    /// What it proves if it has no finding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound: Option<Bound>,
    /// Why it proves no bound, if nothing that it visits can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_bound: Option<&'static str>,
    /// The first calls that raced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub races: Option<RacesReport>,
    /// The stack that calls used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack: Option<StackReport>,
    /// Why it ended before its plan did, and where; `None` if it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gave_up: Option<Halt>,
    /// How many of its cases it visited, after an explained finding of another check; `None` if it
    /// visited all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinned: Option<Thinned>,
    /// What made it go on with a sample of its lengths; `None` if it visited all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sampled: Option<Sampled>,
    /// Why it did not pass without a finding, or why it passed in spite of findings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The ids of its findings.
    #[serde(skip)]
    pub findings: Vec<String>,
    /// The verdict and its reason if all findings are accepted.
    #[serde(skip)]
    pub without_findings: (Verdict, Option<String>),
    /// Whether calls that do not return have ended it, and a finding that is not accepted says so.
    #[serde(skip)]
    pub(crate) is_cut_by_hang: bool,
    /// The cells that it visited, and those with findings.
    #[serde(skip)]
    pub map: Arc<Runs>,
}

impl CheckReport {
    /// What it visited and what it measured, a phrase each.
    pub(crate) fn remarks(&self) -> Vec<String> {
        self.remarks_with(|bound| bound.sample.clone())
    }

    /// The same, with the time that it took, and the bound in full.
    pub(crate) fn remarks_in_full(&self) -> Vec<String> {
        let mut remarks = self.remarks_with(|bound| format!("{}; {bound}", bound.sample));
        remarks.insert(0, duration_in_words(self.seconds));
        remarks
    }

    fn remarks_with(&self, in_words: impl Fn(&Bound) -> String) -> Vec<String> {
        let no_bound = self.no_bound.map(|why| format!("no bound: {why}"));
        let remarks = [
            self.bound.as_ref().map(in_words),
            no_bound,
            self.races.as_ref().map(RacesReport::to_string),
            self.stack.as_ref().map(StackReport::to_string),
            self.sampled.as_ref().map(Sampled::to_string),
            self.reason.clone(),
        ];
        remarks.into_iter().flatten().collect()
    }

    /// Whether a finding has kept it from visiting its whole plan: one that was explained, one that
    /// ended the run, or a call that does not return.
    pub(crate) fn is_cut_by_finding(&self) -> bool {
        let why = self.gave_up.as_ref().map(|halt| halt.why);
        self.thinned.is_some() || matches!(why, Some(Why::Finding { .. })) || self.is_cut_by_hang
    }

    /// Whether calls that do not return have ended it.
    pub(crate) fn has_ended_at_hang(&self) -> bool {
        let why = self.gave_up.as_ref().map(|halt| halt.why);
        match why {
            Some(Why::Hang | Why::LostCall) => true,
            Some(Why::Losses { hangs, .. }) => hangs > 0,
            _ => false,
        }
    }

    /// Whether its calls ran the software version of a tier, which tests no instruction.
    pub(crate) fn is_of_software(&self) -> bool {
        matches!(
            SubjectName::parse(&self.subject),
            SubjectName::EmulatedTier(_)
        )
    }
}

/// The ending of a thinned check.
const fn thinned(result: &CheckResult) -> Option<Thinned> {
    match result.ending {
        Ending::Thinned(thinned) => Some(thinned),
        _ => None,
    }
}

fn halt_of(result: &CheckResult) -> Option<&Halt> {
    match &result.ending {
        Ending::Stopped(halt) => Some(halt),
        _ => None,
    }
}

/// After what a check gave up, where, and why.
fn gave_up(result: &CheckResult, halt: &Halt) -> String {
    let after = match (result.cells, halt.why) {
        (0, Why::Finding { .. }) => "not visited".to_owned(),
        (0, _) => "did not begin".to_owned(),
        (cells, _) => format!("gave up after {}", count_in_words(cells, "cell")),
    };
    let place = halt.last.map_or(String::new(), |last| {
        let length = count_in_words(last.length as u64, "byte");
        format!(", the last of {length} at alignment {}", last.alignment)
    });
    format!("{after}{place}: {}", halt.why)
}

pub(crate) fn report_check(result: &CheckResult) -> CheckReport {
    let without_findings = match &result.ending {
        Ending::Complete => (Verdict::Pass, None),
        Ending::Stopped(halt) => (Verdict::Incomplete, Some(gave_up(result, halt))),
        Ending::Thinned(thinned) => (Verdict::Incomplete, Some(thinned.to_string())),
        Ending::Skipped(skip) => (Verdict::Void, Some(skip.reason.clone())),
        Ending::Prevented(reason) => (Verdict::Void, Some(reason.clone())),
        Ending::NotEntered => (
            Verdict::Void,
            Some("the code under test was never entered".to_owned()),
        ),
    };
    let (verdict, reason) = if result.groups.is_empty() {
        without_findings.clone()
    } else {
        // Further findings after that are unknown.
        let reason = without_findings.1.clone();
        let reason = reason.filter(|_| halt_of(result).is_some() || thinned(result).is_some());
        (Verdict::Fail, reason)
    };
    // What was visited before the check gave up has its bound too, if that comes from the messages.
    let is_kept = |source: &BoundSource| match verdict {
        Verdict::Pass => true,
        Verdict::Incomplete => matches!(source, BoundSource::Messages),
        Verdict::Fail | Verdict::Void => false,
    };
    let bound = result.bound.filter(is_kept);
    let row = CHECKS.iter().find(|row| row.id == result.check);
    let no_bound = row.and_then(|row| row.no_bound);
    CheckReport {
        id: result.check,
        subject: result.subject.to_string(),
        model: None,
        verdict,
        executed_by: result.executed_by,
        cells: result.cells,
        calls: result.calls,
        instructions: result.instructions,
        seconds: result.time.as_millis() as f64 / 1000.0,
        visited: result.visited.clone(),
        bound: bound.and_then(|source| Bound::new(source, &result.visited)),
        no_bound: no_bound.filter(|_| verdict != Verdict::Void),
        races: result.races.as_ref().map(RacesReport::new),
        stack: StackReport::new(&result.stack),
        gave_up: halt_of(result).cloned(),
        thinned: thinned(result),
        sampled: result.sampled,
        reason,
        findings: result
            .groups
            .iter()
            .map(|group| group.finding.id())
            .collect(),
        without_findings,
        is_cut_by_hang: false,
        map: Arc::clone(&result.map),
    }
}
