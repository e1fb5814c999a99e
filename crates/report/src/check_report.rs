//! One check of one subject, in a report.

use crate::bound::Bound;
use crate::finding_report::finding_id;
use crate::stack::StackReport;
use crate::verdict::Verdict;
use crcheck_check::check_result::{CheckResult, Ending, Worth};
use crcheck_check::coverage::cell_map::Runs;
use crcheck_subject::CheckId;
use serde::Serialize;
use std::sync::Arc;

/// One check of one subject.
#[derive(Clone, Debug, Serialize)]
pub struct CheckReport {
    /// The check.
    pub id: CheckId,
    /// The subject.
    pub subject: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Cells visited.
    pub cells: u64,
    /// Calls made on them.
    pub calls: u64,
    /// What it is worth that nothing was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound: Option<Bound>,
    /// The stack that calls used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack: Option<StackReport>,
    /// Why there is no pass, where no finding says so, or why there is one in spite of findings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The ids of its findings.
    #[serde(skip)]
    pub findings: Vec<String>,
    /// The verdict and its reason if all of them are accepted.
    #[serde(skip)]
    pub without_findings: (Verdict, Option<String>),
    /// Where it was, and where it found something.
    #[serde(skip)]
    pub map: Arc<Runs>,
}

pub(crate) fn check_report(result: &CheckResult, length_max: usize) -> CheckReport {
    let without_findings = match &result.ending {
        Ending::Complete => (Verdict::Pass, None),
        Ending::Stopped => (
            Verdict::Incomplete,
            Some("stopped before the end".to_owned()),
        ),
        Ending::Skipped(reason) => (Verdict::Void, Some(reason.clone())),
        Ending::NotEntered => (
            Verdict::Void,
            Some("the code under test was never entered".to_owned()),
        ),
    };
    let (verdict, reason) = if result.groups.is_empty() {
        without_findings.clone()
    } else {
        // What it would have found after that is not known.
        let is_stopped = result.ending == Ending::Stopped;
        let reason = without_findings.1.clone().filter(|_| is_stopped);
        (Verdict::Fail, reason)
    };
    // What random messages are worth does not depend on what was found.
    let is_kept = |worth: &Worth| verdict == Verdict::Pass || matches!(worth, Worth::Messages(_));
    let bound = result.bound.filter(is_kept);
    CheckReport {
        id: result.check,
        subject: result.subject.to_string(),
        verdict,
        cells: result.cells,
        calls: result.calls,
        bound: bound.map(|worth| Bound::new(worth, length_max)),
        stack: StackReport::new(&result.stack),
        reason,
        findings: result
            .groups
            .iter()
            .map(|group| finding_id(&group.finding))
            .collect(),
        without_findings,
        map: Arc::clone(&result.map),
    }
}
