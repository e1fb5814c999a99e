//! The table, and what every format says in the same words.

use super::matrix_report::MatrixReport;
use super::row::{ProfileReport, ProfileVerdict};
use super::shown::MatrixFinding;
use crcheck_harness::report::count_in_words;

/// The table of profiles; the first line is its head.
pub(super) fn lines(report: &MatrixReport) -> Vec<Vec<String>> {
    let head = ["profile", "flags", "verdict", "remarks"];
    let head = head.map(str::to_owned).to_vec();
    let rows = report.profiles.iter().map(|row| {
        vec![
            row.name.clone(),
            row.flags.join(" "),
            row.verdict.to_string(),
            remarks(row),
        ]
    });
    [head].into_iter().chain(rows).collect()
}

fn remarks(row: &ProfileReport) -> String {
    let same = row.same_code_as.as_ref();
    let same = same.map(|other| format!("same code as {other}"));
    let required = row.is_required && row.verdict == ProfileVerdict::Skipped;
    let required = required.then(|| "required".to_owned());
    let remarks = row.reason.clone().into_iter().chain(same).chain(required);
    let remarks = remarks.collect::<Vec<_>>().join("; ");
    // Some reasons are lists of several lines.
    remarks.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Which profiles show a finding, and which do not.
pub(super) fn shown(finding: &MatrixFinding) -> String {
    let shown = finding.shown_by.join(", ");
    match &finding.not_shown_by[..] {
        [] => format!("shown by {shown}"),
        others => format!("shown by {shown}; not by {}", others.join(", ")),
    }
}

/// The compilers, each once.
pub(super) fn compilers(report: &MatrixReport) -> Vec<String> {
    let mut versions: Vec<String> = Vec::new();
    for row in &report.profiles {
        if let Some(version) = &row.compiler
            && !versions.contains(version)
        {
            versions.push(version.clone());
        }
    }
    versions
}

/// The verdict and the counts, in one line.
pub(super) fn summary(report: &MatrixReport) -> String {
    let of = |verdict| {
        let rows = report.profiles.iter();
        rows.filter(|row| row.verdict == verdict).count()
    };
    let counts = [
        ProfileVerdict::Pass,
        ProfileVerdict::Fail,
        ProfileVerdict::Incomplete,
        ProfileVerdict::Void,
        ProfileVerdict::Skipped,
    ];
    let counts = counts.map(|verdict| (of(verdict), verdict));
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts
        .map(|(count, verdict)| format!("{count} {verdict}"))
        .collect();
    let open = |one: &&MatrixFinding| one.finding.accepted.is_none();
    let open = report.findings.iter().filter(open).count();
    let (all, accepted) = (report.findings.len(), report.findings.len() - open);
    let findings = match (all, accepted) {
        (0, _) => String::new(),
        (_, 0) => format!("{}; ", count_in_words(open, "finding")),
        _ => format!("{}, {accepted} accepted; ", count_in_words(open, "finding")),
    };
    let judged = report.profiles.iter();
    let judged = judged.filter(|row| row.same_code_as.is_none());
    let calls: u64 = judged.map(|row| row.calls).sum();
    format!(
        "{}: {findings}{}: {} ({}; {} depth, seed {}, {calls} calls)",
        report.verdict,
        count_in_words(report.profiles.len(), "profile"),
        counts.join(", "),
        report.model,
        report.depth,
        report.seed
    )
}
