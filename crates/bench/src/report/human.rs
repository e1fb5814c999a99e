//! The report as text and as Markdown: the machine, the tables, what is wrong.

use super::{BenchReport, BenchRow, Comparison, Figure, FigureChange};
use crate::compare::Trend;
use crate::contender::ContenderKind;
use crate::scenario::{Mode, size_name};
use crate::table::{Table, none, three_digits};

/// For each mode the figures, then the figures against peers and limits.
pub(super) fn tables(report: &BenchReport) -> Vec<Table> {
    let mut tables = Vec::new();
    for mode in Mode::ALL {
        let is_shown = |row: &&BenchRow| row.scenario.mode == mode;
        let rows: Vec<&BenchRow> = report.rows.iter().filter(is_shown).collect();
        if rows.is_empty() {
            continue;
        }
        tables.push(figures(report, mode, &rows));
        if has_kind(report, ContenderKind::Subject) {
            tables.push(relations(report, mode, &rows));
        }
    }
    tables
}

fn has_kind(report: &BenchReport, kind: ContenderKind) -> bool {
    let mut contenders = report.contenders.iter();
    contenders.any(|contender| contender.kind == kind)
}

/// The head of a table: some names, and then those of contenders.
fn head_line(first: &[&str], names: &[&str]) -> Vec<String> {
    let head = first.iter().chain(names);
    head.map(|&name| name.to_owned()).collect()
}

fn figures(report: &BenchReport, mode: Mode, rows: &[&BenchRow]) -> Table {
    let unit = if mode.is_bulk() { "GB/s" } else { "ns a call" };
    let names = report
        .contenders
        .iter()
        .map(|contender| contender.name.as_str());
    let takes_part = |name: &&str| rows.iter().any(|row| row.figure(name).is_some());
    let names: Vec<&str> = names.filter(takes_part).collect();
    let cell = |figure: &Figure| {
        let value = if mode.is_bulk() {
            figure.gb_per_s
        } else {
            figure.median_ns
        };
        format!("{} ±{:.0}%", three_digits(value), figure.spread * 100.0)
    };
    let mut lines = vec![head_line(&["bytes"], &names)];
    for row in rows {
        let cells = names
            .iter()
            .map(|name| row.figure(name).map_or(none(), cell));
        lines.push([row.scenario.size()].into_iter().chain(cells).collect());
    }
    Table {
        title: format!("{mode}: {unit}, median and spread"),
        lines,
    }
}

fn relations(report: &BenchReport, mode: Mode, rows: &[&BenchRow]) -> Table {
    let best = if has_kind(report, ContenderKind::Peer) {
        "best peer"
    } else {
        "best table"
    };
    let subjects = report.contenders.iter();
    let subjects = subjects.filter(|contender| contender.kind == ContenderKind::Subject);
    let names: Vec<&str> = subjects.map(|contender| contender.name.as_str()).collect();
    let mut lines = vec![head_line(&["bytes", best], &names)];
    for row in rows {
        let first = [row.scenario.size(), row.best_peer.clone().unwrap_or(none())];
        let cells = names
            .iter()
            .map(|name| row.figure(name).map_or(none(), relation));
        lines.push(first.into_iter().chain(cells).collect());
    }
    let limits = if mode.is_bulk() {
        ", % of multiply limit, % of load limit"
    } else {
        ""
    };
    Table {
        title: format!("{mode}: times the speed of the {best}{limits}"),
        lines,
    }
}

fn relation(figure: &Figure) -> String {
    let ratio = figure.to_best_peer;
    let ratio = ratio.map_or(none(), |ratio| format!("{ratio:.2}x"));
    if figure.of_load.is_none() && figure.of_multiply.is_none() {
        return ratio;
    }
    let percent = |part: Option<f64>| part.map_or(none(), |part| format!("{:.0}%", part * 100.0));
    let (of_multiply, of_load) = (percent(figure.of_multiply), percent(figure.of_load));
    format!("{ratio} {of_multiply} {of_load}")
}

pub(super) fn human(report: &BenchReport) -> String {
    let mut text = head(report);
    for table in tables(report) {
        text += &table.human();
    }
    text + &tail(report)
}

pub(super) fn markdown(report: &BenchReport) -> String {
    let mut text = "# crcheck bench\n\n".to_owned() + &head(report);
    for table in tables(report) {
        text += &table.markdown();
    }
    text + &tail(report)
}

/// The machine and its limits.
pub(super) fn head(report: &BenchReport) -> String {
    let machine = &report.machine;
    let core = machine.core;
    let core = core.map_or("not pinned".to_owned(), |core| format!("on core {core}"));
    let mut text = format!(
        "{} ({}), {core}, seed {}\n",
        machine.cpu, machine.arch, report.seed
    );
    if let Some(comparison) = &report.comparison {
        text += &other_machine(comparison);
    }
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
            three_digits(multiply.per_ns),
            three_digits(multiply.gb_per_s)
        );
    }
    for load in &limits.load {
        let size = size_name(load.measured_bytes);
        text += &format!(
            "load limit, {} ({size}): {} GB/s\n",
            load.level,
            three_digits(load.gb_per_s)
        );
    }
    text
}

/// How the machine of the base differs: its figures do not judge this machine.
fn other_machine(comparison: &Comparison) -> String {
    if comparison.machine.is_empty() {
        return String::new();
    }
    let differences = comparison.machine.iter();
    let differences = differences.map(|difference| format!("  {difference}\n"));
    format!(
        "OTHER MACHINE than that of {}: a change may be the machine's, and not the kernel's\n{}",
        comparison.base,
        differences.collect::<String>()
    )
}

/// What was not timed, what is wrong, and the verdict.
pub(super) fn tail(report: &BenchReport) -> String {
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
    let first_figures = report.rows.iter().filter_map(|row| row.figures.first());
    let blocks = first_figures.map(|figure| figure.blocks_ns.len()).min();
    let tiers = match report.tiers.as_str() {
        "" => String::new(),
        tiers => format!("; {tiers}"),
    };
    text + &format!(
        "{}: {} rows, {} blocks each or more, {} refused{tiers}\n",
        report.verdict,
        report.rows.len(),
        blocks.unwrap_or(0),
        report.refused.len()
    )
}

fn compared(comparison: &Comparison) -> String {
    let line = |change: &FigureChange, word: &str| {
        format!(
            "{word} {}, {}: {:.3} times the time (noise {:.1} %)\n",
            change.contender,
            change.scenario,
            change.change.factor,
            change.change.noise.unwrap_or(f64::NAN) * 100.0
        )
    };
    let lines = |trend, word| -> String {
        let changes = comparison.with_trend(trend);
        changes.map(|change| line(change, word)).collect()
    };
    let count = |trend| comparison.with_trend(trend).count();
    format!(
        "{}{}against {}: {} slower, {} faster, {} the same within the noise, {} unknown\n",
        lines(Trend::Slower, "SLOWER"),
        lines(Trend::Faster, "faster"),
        comparison.base,
        count(Trend::Slower),
        count(Trend::Faster),
        count(Trend::Same),
        count(Trend::Unknown),
    )
}
