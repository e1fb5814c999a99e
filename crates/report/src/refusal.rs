//! Why a subject is refused by those who want a right one.

use crate::count::count_in_words;
use crate::finding_report::FindingReport;
use crate::report::Report;
use crate::verdict::ExitCode;

/// The first finding in a sentence, or that the verification has no pass; `None` for a pass.
pub fn refusal(report: &Report) -> Option<String> {
    if report.exit_code == ExitCode::Passed {
        return None;
    }
    Some(match report.findings.first() {
        Some(finding) => sentence(finding),
        None => format!("verify: {}", report.verdict),
    })
}

fn sentence(finding: &FindingReport) -> String {
    let cell = &finding.cell;
    let values = finding.expected.as_ref().zip(finding.got.as_ref());
    let values = values.map_or(String::new(), |(expected, got)| {
        format!(": expected {expected}, got {got}")
    });
    format!(
        "{} (check {}) at {}, alignment {}{values}; {}",
        finding.kind,
        finding.met_by(),
        count_in_words(cell.length, "byte"),
        cell.alignment,
        finding.diagnosis.summary
    )
}
