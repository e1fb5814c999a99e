//! A page that needs nothing else: curves, then the tables.

use super::Report;
use super::chart::chart;
use super::human::{head, tables, tail};
use crate::scenario::Mode;
use crcheck_page::{Page, escaped};
use std::collections::BTreeSet;

pub(super) fn page(report: &Report) -> String {
    let mut page = Page::new(format!("crcheck bench: {}", report.machine.cpu));
    page.push(&format!(
        "<h1>crcheck bench</h1>\n<pre>{}</pre>\n",
        escaped(&head(report))
    ));
    let offsets = report.rows.iter().map(|row| row.scenario.offset_bytes);
    let offsets: BTreeSet<usize> = offsets.collect();
    for mode in Mode::ALL {
        for offset in &offsets {
            if let Some(chart) = chart(report, mode, *offset) {
                let (id, title) = match offset {
                    0 => (mode.to_string(), mode.to_string()),
                    _ => (
                        format!("{mode}-{offset}"),
                        format!("{mode}, start off by {offset}"),
                    ),
                };
                page.heading(&id, &title);
                page.push(&format!("<p>{}</p>\n{chart}", about(mode)));
            }
        }
    }
    for table in tables(report) {
        page.heading(&format!("table-{}", table.title), &table.title);
        page.table(&table.lines);
    }
    page.heading("verdict", "Verdict");
    page.push(&format!("<pre>{}</pre>\n", escaped(tail(report).trim())));
    page.finish()
}

const fn about(mode: Mode) -> &'static str {
    match mode {
        Mode::Throughput => {
            "Calls that do not wait for each other, on one message. Thick: what is measured; dashed: others."
        }
        Mode::Latency => "Each call waits for the result of the last.",
        Mode::Random => "Random lengths at random offsets: mispredicted branches count.",
        Mode::Flushed => "The message is flushed from all caches before each call.",
        Mode::Guard => "The message ends at a page that is not there.",
    }
}
