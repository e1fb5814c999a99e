//! Reports as one HTML document for people, which needs no network. The verdict comes first, then
//! the findings, the map, and what ran.

mod finding;
mod heatmap;

use crate::finding_report::FindingReport;
use crate::human::{unused_allow, verdict_line};
use crate::report::Report;
use crate::verdict::Verdict;
use crcheck_html::{Document, heading, table};
use maud::{Markup, html};

const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("heatmap.js");

/// The report as an HTML document.
pub fn html(report: &Report) -> String {
    Document {
        title: &format!("crcheck: {}", report.verdict),
        style: STYLE,
        script: SCRIPT,
        body: html! {
            main {
                "\n"
                (verdict(report))
                (findings(report))
                (heatmap::section(report))
                @if !report.checks.is_empty() {
                    (heading("checks", "Checks"))
                    (table(&report.check_lines()))
                }
                (skipped(report))
                (environment(report))
            }
            "\n"
        },
    }
    .render()
}

fn verdict(report: &Report) -> Markup {
    let (name, sign) = match report.verdict {
        Verdict::Pass => ("pass", "\u{2713}"),
        Verdict::Fail => ("fail", "\u{2717}"),
        Verdict::Incomplete => ("incomplete", "\u{2026}"),
        Verdict::Void => ("void", "?"),
    };
    let allowed = report.allowed.iter();
    html! {
        header class={ "verdict " (name) } {
            "\n"
            h1 { span aria-hidden="true" { (sign) } " crcheck: " (name) } "\n"
            p { (verdict_line(report)) } "\n"
        }
        "\n"
        @for unused in allowed.filter(|allowed| allowed.findings == 0) {
            p { (unused_allow(unused)) } "\n"
        }
    }
}

/// The findings by subject, then those that are accepted.
fn findings(report: &Report) -> Markup {
    let open: Vec<&FindingReport> = report.open_findings().collect();
    let accepted: Vec<&FindingReport> = report.accepted().collect();
    html! {
        (heading("findings", "Findings"))
        @if open.is_empty() { p { "There are no findings." } "\n" }
        (finding::by_subject(&open))
        @if !accepted.is_empty() {
            (heading("accepted", "Accepted"))
            (finding::by_subject(&accepted))
        }
    }
}

fn skipped(report: &Report) -> Markup {
    html! {
        (heading("skipped", "Skipped"))
        @if report.skipped.is_empty() {
            p { "Nothing." } "\n"
        } @else {
            (table(&report.skipped_lines()))
        }
    }
}

fn environment(report: &Report) -> Markup {
    html! {
        (heading("environment", "Environment"))
        dl {
            "\n"
            @for (name, value) in report.environment_lines() {
                dt { (name) } dd { (value) } "\n"
            }
        }
        "\n"
    }
}
