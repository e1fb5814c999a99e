//! For people: one page without network. Verdict first, then what is wrong, where, and what ran.

mod finding;
mod heatmap;

use crate::human::{unused_allow, verdict_line};
use crate::report::Report;
use crate::verdict::Verdict;
use crcheck_page::{Page, escaped};

const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("heatmap.js");

/// The report as a page.
pub fn html(report: &Report) -> String {
    let title = format!("crcheck: {}", report.verdict);
    let mut page = Page::new(title).style(STYLE).script(SCRIPT);
    page.push("<main>\n");
    verdict(&mut page, report);
    findings(&mut page, report);
    heatmap::section(&mut page, report);
    if !report.checks.is_empty() {
        page.heading("checks", "Checks");
        page.table(&report.check_lines());
    }
    skipped(&mut page, report);
    environment(&mut page, report);
    page.push("</main>\n");
    page.finish()
}

fn verdict(page: &mut Page, report: &Report) {
    let (name, sign) = match report.verdict {
        Verdict::Pass => ("pass", "\u{2713}"),
        Verdict::Fail => ("fail", "\u{2717}"),
        Verdict::Incomplete => ("incomplete", "\u{2026}"),
        Verdict::Void => ("void", "?"),
    };
    page.push(&format!(
        "<header class=\"verdict {name}\">\n<h1><span aria-hidden=\"true\">{sign}</span> crcheck: {name}</h1>\n<p>{}</p>\n</header>\n",
        escaped(&verdict_line(report))
    ));
    for unused in report
        .allowed
        .iter()
        .filter(|allowed| allowed.findings == 0)
    {
        page.push(&format!("<p>{}</p>\n", escaped(&unused_allow(unused))));
    }
}

/// The findings by subject, then those that are accepted.
fn findings(page: &mut Page, report: &Report) {
    let (open, accepted): (Vec<_>, Vec<_>) = (
        report.open_findings().collect(),
        report.accepted().collect(),
    );
    page.heading("findings", "Findings");
    if open.is_empty() {
        page.push("<p>None was found.</p>\n");
    }
    page.push(&finding::by_subject(&open));
    if !accepted.is_empty() {
        page.heading("accepted", "Accepted");
        page.push(&finding::by_subject(&accepted));
    }
}

fn skipped(page: &mut Page, report: &Report) {
    page.heading("skipped", "Skipped");
    if report.skipped.is_empty() {
        page.push("<p>Nothing.</p>\n");
    } else {
        page.table(&report.skipped_lines());
    }
}

fn environment(page: &mut Page, report: &Report) {
    page.heading("environment", "Environment");
    page.push("<dl>\n");
    for (name, value) in report.environment_lines() {
        page.push(&format!(
            "<dt>{}</dt><dd>{}</dd>\n",
            escaped(name),
            escaped(&value)
        ));
    }
    page.push("</dl>\n");
}
