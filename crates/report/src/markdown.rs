//! Reports as Markdown for people.

use crate::finding_report::FindingReport;
use crate::human::{facts, headline, unused_allow, verdict_line};
use crate::report::Report;
use crate::visible::visible;

/// The report as Markdown.
pub fn markdown(report: &Report) -> String {
    let mut text = format!(
        "# crcheck: {}\n\n{}\n",
        report.verdict,
        plain(&verdict_line(report))
    );
    push_part(&mut text, "Findings", report.open_findings());
    push_part(&mut text, "Accepted", report.accepted());
    for unused in report
        .allowed
        .iter()
        .filter(|allowed| allowed.findings == 0)
    {
        text += &format!("\n{}\n", plain(&unused_allow(unused)));
    }
    if !report.checks.is_empty() {
        text += "\n## Checks\n\n";
        text += &table(&report.check_lines());
    }
    if !report.skipped.is_empty() {
        text += "\n## Skipped\n\n";
        text += &table(&report.skipped_lines());
    }
    text += "\n## Environment\n\n";
    for (name, value) in report.environment_lines() {
        text += &format!("* {name}: {}\n", plain(&value));
    }
    text
}

fn push_part<'r>(
    text: &mut String,
    title: &str,
    findings: impl Iterator<Item = &'r FindingReport>,
) {
    let findings: Vec<String> = findings.map(finding_section).collect();
    if !findings.is_empty() {
        *text += &format!("\n## {title}\n{}", findings.concat());
    }
}

fn finding_section(finding: &FindingReport) -> String {
    let mut text = format!("\n### {}\n\n", plain(&headline(finding)));
    for fact in facts(finding) {
        text += &format!("* {}\n", plain(&fact));
    }
    if let Some(footer) = &finding.footer {
        text += &fenced_block(&footer.to_string());
    }
    text
}

/// Verbatim text in a block. Its fence is longer than any fence in the text.
fn fenced_block(text: &str) -> String {
    let mut fence = "```".to_owned();
    while text.contains(&fence) {
        fence.push('`');
    }
    format!("\n{fence}text\n{text}\n{fence}\n")
}

/// A table; the first line is its head.
pub fn table(lines: &[Vec<String>]) -> String {
    let row = |cells: &Vec<String>| {
        let cells = cells.iter().map(|cell| format!(" {} |", plain(cell)));
        format!("|{}\n", cells.collect::<String>())
    };
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        text += &row(line);
        if index == 0 {
            text += &format!("|{}\n", "---|".repeat(line.len()));
        }
    }
    text
}

/// Escapes text so that it stays text, in one line.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\r' => plain.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '&' | '~' => {
                plain.push('\\');
                plain.push(letter);
            }
            _ if letter.is_control() => plain += &visible(&letter.to_string()),
            _ => plain.push(letter),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stay_texts() {
        assert_eq!(plain("<b>|x\n`\u{1b}"), "\\<b\\>\\|x \\`\\u{1b}");
        assert_eq!(
            table(&[vec!["a".to_owned()], vec!["b|c".to_owned()]]),
            "| a |\n|---|\n| b\\|c |\n"
        );
        assert!(fenced_block("```").contains("````text\n```\n````"));
    }
}
