//! For people: the verdict last, where the eye is.

use super::{CheckReport, FindingReport, Report};
use crate::plan::DepthName;
use crate::verdict::Verdict;
use std::fmt::Write;

/// The report as text.
pub fn human(report: &Report) -> String {
    let mut text = String::new();
    let mut subject = "";
    for check in &report.checks {
        if check.subject != subject {
            subject = &check.subject;
            line(&mut text, subject);
        }
        line(&mut text, &check_line(check));
    }
    for skipped in &report.skipped {
        let required = if skipped.required { " (required)" } else { "" };
        line(
            &mut text,
            &format!("skipped {}: {}{required}", skipped.what, skipped.reason),
        );
    }
    for finding in &report.findings {
        line(&mut text, "");
        text.push_str(&finding_text(finding));
    }
    if !report.findings.is_empty() {
        line(&mut text, "");
    }
    line(&mut text, &last_line(report));
    text
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

fn check_line(check: &CheckReport) -> String {
    let mut text = format!(
        "  {:<10} {:<9} {:>9} cells {:>10} calls",
        check.verdict, check.id, check.cells, check.calls
    );
    if let Some(bound) = &check.bound {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "  missed with p <= 2^{} per {}",
            bound.log2, bound.per
        );
    }
    if let Some(reason) = &check.reason {
        let _ = write!(text, "  {reason}");
    }
    text
}

/// One fault: what differed, the cell, what is known, the four lines.
pub fn finding_text(finding: &FindingReport) -> String {
    let mut text = String::new();
    let summary = &finding.diagnosis.summary;
    line(
        &mut text,
        &format!("FAULT {}: {} {summary}", finding.kind, finding.subject),
    );
    for evidence in &finding.diagnosis.evidence {
        line(&mut text, &format!("  {evidence}"));
    }
    if let (Some(expected), Some(got)) = (&finding.expected, &finding.got) {
        let parse = |hex: &String| u64::from_str_radix(hex.trim_start_matches("0x"), 16);
        let xor = match (parse(expected), parse(got)) {
            (Ok(expected), Ok(got)) => format!("{:#010x}", expected ^ got),
            _ => "?".to_owned(),
        };
        line(
            &mut text,
            &format!("  expected {expected}, got {got}, xor {xor}"),
        );
    }
    if let Some(illegal) = &finding.illegal {
        line(&mut text, &format!("  at {illegal}"));
    } else if let Some(instruction) = &finding.instruction {
        let distance = finding.distance_bytes.map_or(String::new(), |bytes| {
            format!(
                ", {} bytes {}",
                bytes.abs(),
                if bytes < 0 {
                    "before the start"
                } else {
                    "past the end"
                }
            )
        });
        line(&mut text, &format!("  at {instruction}{distance}"));
    }
    let cell = &finding.cell;
    let splits = if cell.splits.is_empty() {
        String::new()
    } else {
        format!(", split at {:?}", cell.splits)
    };
    line(
        &mut text,
        &format!(
            "  smallest case: {} bytes at alignment {}, guard {}, register {}{splits} ({} cases in all, check {})",
            cell.length, cell.alignment, cell.guard, cell.register, finding.count, finding.check
        ),
    );
    if let Some(footer) = &finding.footer {
        line(&mut text, &footer.to_string());
    }
    text
}

fn last_line(report: &Report) -> String {
    let cells: u64 = report.checks.iter().map(|check| check.cells).sum();
    let calls: u64 = report.checks.iter().map(|check| check.calls).sum();
    let what = match report.verdict {
        Verdict::Pass => "all that was selected ran and passed".to_owned(),
        Verdict::Fail => {
            let faults = report.findings.len();
            format!("{faults} {}", if faults == 1 { "fault" } else { "faults" })
        }
        Verdict::Incomplete => "stopped before the end, no fault so far".to_owned(),
        Verdict::Void => "no verdict: something that was asked for did not run".to_owned(),
    };
    let ran = match report.depth.parse::<DepthName>() {
        Ok(depth) => format!("{depth} depth"),
        Err(_) => report.depth.clone(),
    };
    format!(
        "{}: {what} ({}; {ran}, seed {}, {cells} cells, {calls} calls, {} skipped)",
        report.verdict.name(),
        report.model,
        report.seed,
        report.skipped.len()
    )
}
