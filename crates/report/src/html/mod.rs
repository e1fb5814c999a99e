//! Reports as one HTML document for people, which needs no network. The verdict comes first, then
//! the grid of checks, the findings, the map, and what ran.

mod copy;
mod summary;

mod finding;
mod grid;
mod heatmap;

use crate::finding_report::FindingReport;
use crate::report::Report;
use crcheck_html::{Document, heading, table};
use maud::{Markup, html};

const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = concat!(include_str!("reader.js"), include_str!("heatmap.js"));

/// The report as an HTML document.
pub fn html(report: &Report) -> String {
    Document {
        title: &summary::title(report),
        style: STYLE,
        script: SCRIPT,
        body: html! {
            main {
                "\n"
                (summary::head(report))
                (grid::section(report))
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

/// The findings by subject, then those that are accepted.
fn findings(report: &Report) -> Markup {
    let open: Vec<&FindingReport> = report.open_findings().collect();
    let accepted: Vec<&FindingReport> = report.accepted().collect();
    let first = open.first().copied();
    html! {
        (heading("findings", "Findings"))
        @if open.is_empty() { p { "There are no findings." } "\n" }
        (finding::by_subject(&open, first))
        @if !accepted.is_empty() {
            (heading("accepted", "Accepted"))
            (finding::by_subject(&accepted, None))
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
