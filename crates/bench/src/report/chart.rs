//! The chart of a mode: bytes of a message across.

use super::{BenchReport, BenchRow};
use crate::chart::{Chart, Curve, Point};
use crate::contender::ContenderKind;
use crate::scenario::{Mode, size_name};
use maud::Markup;

/// The chart of a mode for messages that start at an offset; `None` if nothing was timed there.
pub(super) fn chart(report: &BenchReport, mode: Mode, offset_bytes: usize) -> Option<Markup> {
    let is_shown =
        |row: &&BenchRow| row.scenario.mode == mode && row.scenario.offset_bytes == offset_bytes;
    let rows: Vec<&BenchRow> = report.rows.iter().filter(is_shown).collect();
    let loads = rows.iter().filter_map(|row| {
        let load = row.load_gb_per_s?;
        Some((row.scenario.size_bytes as f64, load))
    });
    let multiply = report.limits.multiply.iter();
    let multiply = multiply.map(|limit| {
        let name = format!("multiply limit, {} bit", limit.vector_bytes * 8);
        (name, limit.gb_per_s)
    });
    let is_bulk = mode.is_bulk();
    Chart {
        title: format!("{}, offset {offset_bytes}: GB/s by bytes", mode.name()),
        across: match mode {
            Mode::Random => "longest message in bytes (lengths are random)",
            _ => "message in bytes",
        },
        curves: curves(report, &rows),
        limit: is_bulk.then(|| ("load limit".to_owned(), loads.collect())),
        levels: multiply.filter(|_| is_bulk).collect(),
    }
    .draw()
}

fn curves(report: &BenchReport, rows: &[&BenchRow]) -> Vec<Curve> {
    let drawn = report.contenders.iter();
    // A plain load is among the limits.
    let drawn = drawn.filter(|contender| contender.kind != ContenderKind::Load);
    let curve = drawn.map(|contender| {
        let points = rows.iter().filter_map(|row| {
            let figure = row.figure(&contender.name)?;
            let size_bytes = row.scenario.size_bytes;
            let (gb_per_s, median_ns) = (figure.gb_per_s, figure.median_ns);
            Some(Point {
                bytes: size_bytes as f64,
                gb_per_s,
                text: format!("{}: {gb_per_s} GB/s, {median_ns} ns", size_name(size_bytes)),
            })
        });
        Curve {
            name: contender.name.clone(),
            is_bold: contender.kind == ContenderKind::Subject,
            points: points.collect(),
        }
    });
    curve.collect()
}
