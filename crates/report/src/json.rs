//! Reports as JSON for programs. The schema is `schemas/report.schema.json`.

use crate::report::Report;
use crcheck_check::finding::Finding;
use serde_json::json;

/// The report as one JSON object, on several lines if `pretty`.
pub fn json(report: &Report, pretty: bool) -> String {
    let text = if pretty {
        serde_json::to_string_pretty(report)
    } else {
        serde_json::to_string(report)
    };
    text.expect("plain data is always JSON") + "\n"
}

/// A new finding as one line, before it is minimized.
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
