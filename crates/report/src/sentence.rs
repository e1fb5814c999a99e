//! What was found, in one sentence.

use crate::report::Report;
use crcheck_diagnose::Confidence;

/// The sentence of the finding that is known best, with its subject; `None` without a finding.
pub fn sentence(report: &Report) -> Option<String> {
    let rank = |confidence: Confidence| match confidence {
        Confidence::Explained => 0,
        Confidence::Observed => 1,
        Confidence::Unexplained => 2,
    };
    let findings = report.open_findings();
    let best = findings.min_by_key(|finding| rank(finding.diagnosis.confidence))?;
    Some(format!("{} {}", best.subject, best.diagnosis.summary))
}
