//! The report as an HTML document: charts, then the tables.

use super::BenchReport;
use super::chart::chart;
use super::human::{head, tables, tail};
use crate::chart::STYLE;
use crate::scenario::Mode;
use crcheck_html::{Document, heading, table};
use maud::{Markup, html};
use std::collections::BTreeSet;

pub(super) fn html(report: &BenchReport) -> String {
    Document {
        title: &format!("crcheck bench: {}", report.machine.cpu),
        style: STYLE,
        script: "",
        body: html! {
            h1 { "crcheck bench" } "\n"
            pre.lines { (head(report)) } "\n"
            (charts(report))
            @for table_of_mode in tables(report, true) {
                (heading(&format!("table-{}", table_of_mode.title), &table_of_mode.title))
                (table(&table_of_mode.lines))
            }
            (heading("verdict", "Verdict"))
            pre.lines { (tail(report).trim()) } "\n"
        },
    }
    .render()
}

/// A chart for each mode and offset.
fn charts(report: &BenchReport) -> Markup {
    let offsets = report.rows.iter().map(|row| row.scenario.offset_bytes);
    let offsets: BTreeSet<usize> = offsets.collect();
    html! {
        @for mode in Mode::ALL {
            @for &offset in &offsets {
                @if let Some(chart) = chart(report, mode, offset) {
                    @if offset == 0 {
                        (heading(mode.name(), mode.name()))
                    } @else {
                        @let title = format!("{mode}, start off by {offset}");
                        (heading(&format!("{mode}-{offset}"), &title))
                    }
                    p { (about(mode)) } "\n"
                    (chart)
                }
            }
        }
    }
}

const fn about(mode: Mode) -> &'static str {
    match mode {
        Mode::Throughput => {
            "Calls do not wait for each other, on one message. \
             Thick: what is measured; dashed: others."
        }
        Mode::Latency => "Each call waits for the result of the one before.",
        Mode::Register => {
            "Each call goes on from the checksum of the one before, as streams are summed."
        }
        Mode::Random => "Random lengths at random offsets: mispredicted branches count.",
        Mode::Flushed => "The message is flushed from all caches before each call.",
        Mode::Guard => "The message ends at an absent page.",
    }
}
