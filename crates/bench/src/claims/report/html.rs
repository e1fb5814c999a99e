//! The report as an HTML document.

use super::ClaimsReport;
use super::text::{claims, figures, head, tail};
use crcheck_html::{Document, heading, table};
use maud::html;

pub(super) fn html(report: &ClaimsReport) -> String {
    Document {
        title: &format!("crcheck bench claims: {}", report.machine.cpu),
        style: "",
        script: "",
        body: html! {
            h1 { "crcheck bench claims" } "\n"
            pre { (head(report)) } "\n"
            @if !report.figures.is_empty() {
                (heading("rates", "Rates"))
                (table(&figures(report)))
            }
            (heading("claims", "Claims"))
            (table(&claims(report)))
            (heading("verdict", "Verdict"))
            pre { (tail(report).trim()) } "\n"
        },
    }
    .render()
}
