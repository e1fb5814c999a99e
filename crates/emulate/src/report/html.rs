//! The report as an HTML document.

use super::{EmulateReport, human};
use crcheck_html::{Document, heading, table};
use maud::html;

pub(super) fn html(report: &EmulateReport) -> String {
    let title = format!("crcheck emulate: {}", report.verdict);
    Document {
        title: &title,
        style: "",
        script: "",
        body: html! {
            h1 { (title) } "\n"
            p { (human::summary(report)) } "\n"
            @if !report.legs.is_empty() {
                (heading("cpus", "CPUs and tiers"))
                (table(&human::table_lines(report)))
                @if let Some(legend) = human::legend(report) {
                    p { (legend) } "\n"
                }
            }
            (heading("remarks", "Remarks"))
            pre { (human::remarks(report)) } "\n"
        },
    }
    .render()
}
