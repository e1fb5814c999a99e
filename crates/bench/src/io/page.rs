//! The report as an HTML document: charts, then the tables.

use crate::chart::{self, Chart, Curve, Point};
use crate::io::facts::{FileFacts, IoReport, IoRow};
use crate::io::setup::Setup;
use crate::io::size::file_size_name;
use crate::io::text::{head, tables, tail, title};
use crcheck_html::{Document, heading, table};
use maud::{Markup, html};
use std::collections::BTreeSet;

/// The document.
pub fn html(report: &IoReport) -> String {
    Document {
        title: &format!("crcheck bench io: {}", report.machine.cpu),
        style: chart::STYLE,
        script: "",
        body: html! {
            h1 { "crcheck bench io" } "\n"
            pre.lines { (head(report)) } "\n"
            (charts(report))
            @for (index, table_of_file) in tables(report).iter().enumerate() {
                (heading(&format!("table-{index}"), &table_of_file.title))
                (table(&table_of_file.lines))
            }
            (heading("verdict", "Rules of thumb and verdict"))
            pre.lines { (tail(report).trim()) } "\n"
        },
    }
    .render()
}

/// A chart by the size of a read for each file, and one by the size of the file if there are
/// several.
fn charts(report: &IoReport) -> Markup {
    let files = report.files();
    let sizes: BTreeSet<u64> = files.iter().map(|file| file.size_bytes).collect();
    html! {
        @for (index, &file) in files.iter().enumerate() {
            @if let Some(chart) = by_buffer(report, file).draw() {
                (heading(&format!("buffers-{index}"), &title(report, file)))
                p { "Thick: with a checksum; dashed: bounds, which only read. A method without a \
                     buffer is a level line." } "\n"
                (chart)
            }
        }
        @if sizes.len() > 1 {
            @if let Some(chart) = by_size(report).draw() {
                (heading("sizes", "By the size of the file"))
                p { "The fastest row of each method." } "\n"
                (chart)
            }
        }
    }
}

fn point(bytes: f64, row: &IoRow) -> Point {
    Point {
        bytes,
        gb_per_s: row.gb_per_s,
        text: format!("{}, {}: {:.2} GB/s", row.setup, row.file, row.gb_per_s),
    }
}

/// A curve of its own for what differs in more than the size of a read.
fn without_buffer(setup: Setup) -> Setup {
    Setup {
        buffer_bytes: None,
        ..setup
    }
}

fn by_buffer(report: &IoReport, file: FileFacts) -> Chart {
    let rows = report.rows_of(file);
    let buffers = rows.iter().filter_map(|row| row.setup.buffer_bytes);
    let (low, high) = (buffers.clone().min(), buffers.max());
    let mut names: Vec<Setup> = rows.iter().map(|row| without_buffer(row.setup)).collect();
    names.dedup();
    let curves = names.into_iter().map(|name| {
        let own = rows.iter().filter(|row| without_buffer(row.setup) == name);
        let own: Vec<&&IoRow> = own.collect();
        let points = match own.as_slice() {
            // One figure is a level line across the chart.
            [row] => {
                let ends = [low, high].into_iter().flatten();
                ends.map(|bytes| point(bytes as f64, row)).collect()
            }
            several => {
                let sized = several
                    .iter()
                    .filter_map(|row| Some(point(row.setup.buffer_bytes? as f64, row)));
                sized.collect()
            }
        };
        Curve {
            name: name.to_string(),
            is_bold: name.has_checksum,
            points,
        }
    });
    Chart {
        title: format!("{}: GB/s by the size of a read", title(report, file)),
        across: "bytes of a read, or of the window of a mapping",
        curves: curves.collect(),
        ..Chart::default()
    }
}

fn by_size(report: &IoReport) -> Chart {
    let mut names = Vec::new();
    for row in &report.rows {
        let name = (row.file.cache, without_buffer(row.setup));
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let curves = names.into_iter().map(|(cache, name)| {
        let own = report.rows.iter();
        let own = own.filter(|row| (row.file.cache, without_buffer(row.setup)) == (cache, name));
        let own: Vec<&IoRow> = own.collect();
        let sizes: BTreeSet<u64> = own.iter().map(|row| row.file.size_bytes).collect();
        let points = sizes.into_iter().filter_map(|size_bytes| {
            let of_size = own.iter().filter(|row| row.file.size_bytes == size_bytes);
            let best = of_size.max_by(|a, b| a.gb_per_s.total_cmp(&b.gb_per_s))?;
            Some(point(size_bytes as f64, best))
        });
        Curve {
            name: format!("{name}, {cache}"),
            is_bold: name.has_checksum,
            points: points.collect(),
        }
    });
    let largest = report.rows.iter().map(|row| row.file.size_bytes).max();
    Chart {
        title: format!(
            "GB/s by the size of the file, up to {}",
            file_size_name(largest.unwrap_or(0))
        ),
        across: "bytes of the file",
        curves: curves.collect(),
        ..Chart::default()
    }
}
