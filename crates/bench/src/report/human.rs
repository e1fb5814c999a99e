//! Tables, for people.

use super::{CellChange, Comparison, Report, Row};
use crate::compare::Verdict;
use crate::contender::Kind;
use crate::scenario::{Mode, size_name};

/// A table: its title, and lines of columns, the first of which is the head.
pub(super) struct Table {
    pub(super) title: String,
    pub(super) lines: Vec<Vec<String>>,
}

/// The figures, then what they come to against peers and limits, mode by mode.
pub(super) fn tables(report: &Report) -> Vec<Table> {
    let mut tables = Vec::new();
    for mode in Mode::ALL {
        let rows: Vec<&Row> = report
            .rows
            .iter()
            .filter(|row| row.scenario.mode == mode)
            .collect();
        if rows.is_empty() {
            continue;
        }
        tables.push(figures(report, mode, &rows));
        let has_subject = |kind: Kind| kind == Kind::Subject;
        if report
            .contenders
            .iter()
            .any(|contender| has_subject(contender.kind))
        {
            tables.push(relations(report, mode, &rows));
        }
    }
    tables
}

/// Whether a mode is told by the amount, or by the call.
fn is_bulk(mode: Mode) -> bool {
    matches!(mode, Mode::Throughput | Mode::Flushed)
}

fn figures(report: &Report, mode: Mode, rows: &[&Row]) -> Table {
    let unit = if is_bulk(mode) { "GB/s" } else { "ns a call" };
    let contenders = report
        .contenders
        .iter()
        .filter(|contender| rows.iter().any(|row| row.cell(&contender.name).is_some()));
    let names: Vec<&str> = contenders
        .map(|contender| contender.name.as_str())
        .collect();
    let head = ["bytes"].into_iter().chain(names.iter().copied());
    let mut lines = vec![head.map(str::to_owned).collect::<Vec<String>>()];
    for row in rows {
        let cells = names.iter().map(|name| match row.cell(name) {
            Some(cell) => {
                let value = if is_bulk(mode) {
                    cell.gb_per_s
                } else {
                    cell.median_ns
                };
                format!("{} ±{:.0}%", digits(value), cell.spread * 100.0)
            }
            None => "-".to_owned(),
        });
        lines.push([row.scenario.size()].into_iter().chain(cells).collect());
    }
    Table {
        title: format!("{mode}: {unit}, median and spread"),
        lines,
    }
}

/// Three digits that count.
pub(super) fn digits(value: f64) -> String {
    match value.abs() {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn relations(report: &Report, mode: Mode, rows: &[&Row]) -> Table {
    let has_peers = report
        .contenders
        .iter()
        .any(|contender| contender.kind == Kind::Peer);
    let best = if has_peers { "best peer" } else { "best table" };
    let subjects = report
        .contenders
        .iter()
        .filter(|contender| contender.kind == Kind::Subject);
    let names: Vec<&str> = subjects.map(|contender| contender.name.as_str()).collect();
    let head = ["bytes", best].into_iter().chain(names.iter().copied());
    let mut lines = vec![head.map(str::to_owned).collect::<Vec<String>>()];
    for row in rows {
        let cells = names
            .iter()
            .map(|name| row.cell(name).map_or("-".to_owned(), relation));
        let best = row.best_peer.clone().unwrap_or("-".to_owned());
        lines.push(
            [row.scenario.size(), best]
                .into_iter()
                .chain(cells)
                .collect(),
        );
    }
    let limits = if is_bulk(mode) {
        ", % of multiply limit, % of load limit"
    } else {
        ""
    };
    Table {
        title: format!("{mode}: times the speed of the {best}{limits}"),
        lines,
    }
}

fn relation(cell: &super::Cell) -> String {
    let ratio = cell
        .to_best_peer
        .map_or("-".to_owned(), |ratio| format!("{ratio:.2}x"));
    let percent =
        |part: Option<f64>| part.map_or("-".to_owned(), |part| format!("{:.0}%", part * 100.0));
    if cell.of_load.is_none() && cell.of_multiply.is_none() {
        return ratio;
    }
    format!(
        "{ratio} {} {}",
        percent(cell.of_multiply),
        percent(cell.of_load)
    )
}

pub(super) fn human(report: &Report) -> String {
    let mut text = head(report);
    for table in tables(report) {
        text += &format!("\n{}\n", table.title);
        text += &aligned(&table.lines);
    }
    text + &tail(report)
}

fn aligned(lines: &[Vec<String>]) -> String {
    let columns = lines.first().map_or(0, Vec::len);
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max();
    let widths: Vec<usize> = (0..columns)
        .map(|column| width(column).unwrap_or(0))
        .collect();
    let line = |cells: &Vec<String>| {
        let cells = cells
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:>width$}"));
        "  ".to_owned() + &cells.collect::<Vec<String>>().join("  ") + "\n"
    };
    lines.iter().map(line).collect()
}

pub(super) fn markdown(report: &Report) -> String {
    let mut text = "# crcheck bench\n\n".to_owned() + &head(report);
    for table in tables(report) {
        text += &format!("\n## {}\n\n", table.title);
        for (index, line) in table.lines.iter().enumerate() {
            text += &format!("| {} |\n", line.join(" | "));
            if index == 0 {
                text += &format!("|{}\n", "---:|".repeat(line.len()));
            }
        }
    }
    text + &tail(report)
}

/// The machine and its limits.
pub(super) fn head(report: &Report) -> String {
    let machine = &report.machine;
    let core = machine
        .core
        .map_or("not pinned".to_owned(), |core| format!("on core {core}"));
    let mut text = format!(
        "{} ({}), {core}, seed {}\n",
        machine.cpu, machine.arch, report.seed
    );
    if !machine.is_release {
        text += "not a release build: the figures say nothing about one\n";
    }
    let limits = &report.limits;
    if let Some(clock) = limits.clock_ghz {
        text += &format!("clock {clock:.2} GHz\n");
    }
    for multiply in &limits.multiply {
        text += &format!(
            "multiply limit, {} bit: {} a ns, a fold of {} GB/s\n",
            multiply.vector_bytes * 8,
            digits(multiply.per_ns),
            digits(multiply.gb_per_s)
        );
    }
    for load in &limits.load {
        let size = size_name(load.measured_bytes);
        text += &format!(
            "load limit, {} ({size}): {} GB/s\n",
            load.level,
            digits(load.gb_per_s)
        );
    }
    text
}

/// What was not timed, what is wrong, and the verdict.
pub(super) fn tail(report: &Report) -> String {
    let mut text = "\n".to_owned();
    for skipped in &report.skipped {
        text += &format!("skipped {}: {}\n", skipped.what, skipped.reason);
    }
    for refused in &report.refused {
        text += &format!("refused {}: {}\n", refused.contender, refused.reason);
    }
    if let Some(comparison) = &report.comparison {
        text += &compared(comparison);
    }
    let blocks = report.rows.iter().filter_map(|row| row.cells.first());
    let blocks = blocks.map(|cell| cell.blocks_ns.len()).min().unwrap_or(0);
    text + &format!(
        "{}: {} rows, {blocks} blocks each or more, {} refused\n",
        report.verdict,
        report.rows.len(),
        report.refused.len()
    )
}

fn compared(comparison: &Comparison) -> String {
    let line = |change: &CellChange, word: &str| {
        format!(
            "{word} {}, {}: {:.3} times the time (noise {:.1} %)\n",
            change.contender,
            change.scenario,
            change.change.factor,
            change.change.noise.unwrap_or(f64::NAN) * 100.0
        )
    };
    let of = |verdict| {
        let changes = comparison.changes.iter();
        changes.filter(move |change| change.change.verdict == verdict)
    };
    let slower: String = of(Verdict::Slower)
        .map(|change| line(change, "SLOWER"))
        .collect();
    let faster: String = of(Verdict::Faster)
        .map(|change| line(change, "faster"))
        .collect();
    let same = of(Verdict::Same).count();
    let unknown = of(Verdict::Unknown).count();
    format!(
        "{slower}{faster}against {}: {} slower, {} faster, {same} the same within the noise, {unknown} unknown\n",
        comparison.base,
        of(Verdict::Slower).count(),
        of(Verdict::Faster).count(),
    )
}
