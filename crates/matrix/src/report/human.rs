//! The report as text for people. The verdict comes last, where people look first.

use super::matrix_report::MatrixReport;
use super::shown::MatrixFinding;
use super::table::{compilers, lines, shown, summary};
use crcheck_harness::report::finding_text;
use std::fmt::Write;

/// The table, then each distinct finding, then the verdict; without the table if `is_brief`.
pub fn human(report: &MatrixReport, is_brief: bool) -> String {
    let mut text = String::new();
    if !is_brief {
        for version in compilers(report) {
            text += &format!("compiler: {version}\n");
        }
        text += &aligned(&lines(report));
    }
    for finding in &report.findings {
        text += &format!("\n{}", finding_of(finding));
    }
    if !report.findings.is_empty() {
        text += "\n";
    }
    text + &summary(report) + "\n"
}

/// The finding as `verify` has it, then the profiles and the commands.
fn finding_of(finding: &MatrixFinding) -> String {
    let mut text = finding_text(&finding.finding);
    text += &format!("  {}\n", shown(finding));
    for line in &finding.commands {
        text += &format!("{line}\n");
    }
    text
}

/// Columns side by side. The last one holds the longest texts and is not filled up.
fn aligned(lines: &[Vec<String>]) -> String {
    let columns = lines[0].len();
    let width = |column: usize| lines.iter().map(|line| line[column].len()).max();
    let widths: Vec<usize> = (0..columns - 1).filter_map(width).collect();
    let mut text = String::new();
    for line in lines {
        let mut row = String::new();
        for (cell, width) in line.iter().zip(&widths) {
            // Writing to a string cannot fail.
            let _ = write!(row, "{cell:<width$}  ");
        }
        row += &line[columns - 1];
        text += &format!("{}\n", row.trim_end());
    }
    text
}
