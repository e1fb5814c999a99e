//! The report as text: for terminals, and in Markdown.

use super::{ClaimRow, ClaimsReport};
use crate::claims::answer::Answer;
use crate::claims::words::digits;

/// The width of the longest answer.
const ANSWER_COLUMNS: usize = Answer::NotMeasurableHere.words().len();

pub(super) fn human(report: &ClaimsReport) -> String {
    let mut text = head(report);
    if !report.figures.is_empty() {
        text += "\n";
        text += &aligned(&figures(report));
    }
    let mut topic = "";
    for row in &report.claims {
        if row.topic != topic {
            topic = &row.topic;
            text += &format!("\n{topic}\n");
        }
        text += &lines(row);
    }
    text + "\n" + &tail(report)
}

/// A claim, and what was found on the line below.
fn lines(row: &ClaimRow) -> String {
    let empty = "";
    format!(
        "  {:ANSWER_COLUMNS$}  {}: {}\n  {empty:ANSWER_COLUMNS$}  {}: {}\n",
        row.answer, row.id, row.claim, row.basis, row.found
    )
}

pub(super) fn markdown(report: &ClaimsReport) -> String {
    let mut text = "# crcheck bench claims\n\n".to_owned() + &head(report);
    if !report.figures.is_empty() {
        text += "\n## Rates\n\n";
        text += &table(&figures(report));
    }
    text += "\n## Claims\n\n";
    text += &table(&claims(report));
    text + "\n" + &tail(report)
}

/// The machine, and what its figures are worth.
pub(super) fn head(report: &ClaimsReport) -> String {
    let machine = &report.machine;
    let core = machine.core;
    let core = core.map_or("not pinned".to_owned(), |core| format!("on core {core}"));
    let mut text = format!(
        "{} ({}), {core}, seed {}\n",
        machine.cpu, machine.arch, report.seed
    );
    if !machine.is_release {
        text += "not a release build: the figures say nothing about one\n";
    }
    text
}

/// The rates, the head first.
pub(super) fn figures(report: &ClaimsReport) -> Vec<Vec<String>> {
    let head = ["what", "article GB/s", "here GB/s", "1 GB takes s"];
    let mut lines = vec![head.map(str::to_owned).to_vec()];
    lines.extend(report.figures.iter().map(|row| {
        vec![
            row.what.clone(),
            row.article_gb_per_s.map_or("-".to_owned(), digits),
            digits(row.here_gb_per_s),
            digits(row.gigabyte_s),
        ]
    }));
    lines
}

/// The claims, the head first.
pub(super) fn claims(report: &ClaimsReport) -> Vec<Vec<String>> {
    let head = [
        "claim",
        "what the article says",
        "judged by",
        "answer",
        "found here",
    ];
    let mut lines = vec![head.map(str::to_owned).to_vec()];
    lines.extend(report.claims.iter().map(|row| {
        vec![
            row.id.clone(),
            row.claim.clone(),
            row.basis.clone(),
            row.answer.to_string(),
            row.found.clone(),
        ]
    }));
    lines
}

/// What is wrong or left out, and the counts.
pub(super) fn tail(report: &ClaimsReport) -> String {
    let left_out = report.left_out.iter();
    let mut text: String = left_out.map(|line| format!("left out: {line}\n")).collect();
    let wrong = report.wrong.iter();
    text.extend(wrong.map(|line| format!("WRONG: {line}\n")));
    let counts = Answer::ALL.map(|answer| format!("{} {answer}", report.count(answer)));
    let number = report.claims.len();
    let noun = if number == 1 { "claim" } else { "claims" };
    text + &format!(
        "{}: {number} {noun}, {}\n",
        report.verdict,
        counts.join(", ")
    )
}

/// Columns side by side, the first to the left and the others to the right.
fn aligned(lines: &[Vec<String>]) -> String {
    let columns = lines.first().map_or(0, Vec::len);
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max();
    let widths: Vec<usize> = (0..columns).filter_map(width).collect();
    let line = |cells: &Vec<String>| {
        let cells = cells.iter().zip(&widths).enumerate();
        let cells = cells.map(|(column, (cell, width))| match column {
            0 => format!("  {cell:width$}"),
            _ => format!("  {cell:>width$}"),
        });
        cells.collect::<String>() + "\n"
    };
    lines.iter().map(line).collect()
}

fn table(lines: &[Vec<String>]) -> String {
    let line = |(index, cells): (usize, &Vec<String>)| {
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        let line = format!("| {} |\n", cells.join(" | "));
        match index {
            0 => line + &format!("|{}\n", "---|".repeat(cells.len())),
            _ => line,
        }
    };
    lines.iter().enumerate().map(line).collect()
}
