//! For programs. The schema is `schemas/report.schema.json`.

use crate::report::Report;
use crcheck_check::finding::Finding;
use serde_json::json;

/// The report as one JSON object; over several lines if `pretty`.
pub fn json(report: &Report, pretty: bool) -> String {
    let text = if pretty {
        serde_json::to_string_pretty(report)
    } else {
        serde_json::to_string(report)
    };
    text.expect("plain data is always JSON") + "\n"
}

/// A finding the moment it was found, as one line: before it was minimised.
pub fn jsonl_finding(finding: &Finding) -> String {
    let line = json!({
        "event": "found",
        "subject": finding.subject,
        "check": finding.check.name(),
        "kind": finding.kind.name(),
        "length": finding.case.message.len(),
        "alignment": finding.case.alignment(),
    });
    format!("{line}\n")
}
