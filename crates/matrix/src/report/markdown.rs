//! The report as Markdown for people.

use super::matrix_report::MatrixReport;
use super::shown::MatrixFinding;
use super::table::{compilers, lines, shown, summary};
use crcheck_harness::report::{markdown_table, markdown_text};

/// The verdict, the table, the findings.
pub fn markdown(report: &MatrixReport) -> String {
    let summary = markdown_text(&summary(report));
    let mut text = format!("# crcheck matrix: {}\n\n{summary}\n", report.verdict);
    if !report.profiles.is_empty() {
        text += &format!("\n{}", markdown_table(&lines(report)));
    }
    for finding in &report.findings {
        text += &section(finding);
    }
    text += "\n## Environment\n\n";
    let environment = &report.environment;
    let facts = [
        ("crcheck", environment.crcheck.to_owned()),
        ("CPU", format!("{} ({})", environment.cpu, environment.arch)),
        ("sandbox of the subject", environment.sandbox.clone()),
    ];
    let facts = facts.into_iter().filter(|(_, value)| !value.is_empty());
    let compilers = compilers(report).into_iter();
    for (name, value) in facts.chain(compilers.map(|version| ("compiler", version))) {
        text += &format!("* {name}: {}\n", markdown_text(&value));
    }
    text
}

fn section(finding: &MatrixFinding) -> String {
    let mut text = format!("\n### {}\n\n", markdown_text(&finding.sentence()));
    let evidence = finding.finding.diagnosis.evidence.iter().cloned();
    let commands = finding.commands.iter().cloned();
    for line in [shown(finding)].into_iter().chain(evidence).chain(commands) {
        text += &format!("* {}\n", markdown_text(&line));
    }
    text
}
