//! A page that needs nothing else: curves, then the tables.

use super::Report;
use super::chart::{chart, escaped};
use super::human::{Table, head, tables, tail};
use crate::scenario::Mode;

const STYLE: &str = "body{font:15px/1.5 sans-serif;max-width:1100px;margin:2em auto;padding:0 1em;color:#222;background:#fff}\
svg{width:100%;height:auto;border:1px solid #ddd}table{border-collapse:collapse;margin:1em 0;font-size:13px}\
td,th{padding:.2em .7em;text-align:right;border-bottom:1px solid #ddd;white-space:nowrap}\
pre{background:#f6f6f6;padding:1em;overflow:auto}.wide{overflow-x:auto}";

pub(super) fn page(report: &Report) -> String {
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
<title>crcheck bench: {cpu}</title><style>{STYLE}</style></head><body>\n<h1>crcheck bench</h1>\n<pre>{head}</pre>\n",
        cpu = escaped(&report.machine.cpu),
        head = escaped(&head(report)),
    );
    for mode in Mode::ALL {
        if let Some(chart) = chart(report, mode) {
            page += &format!("<h2>{mode}</h2>\n<p>{}</p>\n{chart}", about(mode));
        }
    }
    for table in tables(report) {
        page += &as_html(&table);
    }
    page + &format!(
        "<h2>Verdict</h2>\n<pre>{}</pre>\n</body></html>\n",
        escaped(tail(report).trim())
    )
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

fn as_html(table: &Table) -> String {
    let mut lines = table.lines.iter();
    let cells = |line: &Vec<String>, tag: &str| {
        let cells = line
            .iter()
            .map(|cell| format!("<{tag}>{}</{tag}>", escaped(cell)));
        format!("<tr>{}</tr>\n", cells.collect::<String>())
    };
    let head = lines
        .next()
        .map(|line| cells(line, "th"))
        .unwrap_or_default();
    let body: String = lines.map(|line| cells(line, "td")).collect();
    format!(
        "<h2>{}</h2>\n<div class=\"wide\"><table>\n{head}{body}</table></div>\n",
        escaped(&table.title)
    )
}
