//! The report as text and as Markdown: the machine, the tables, what is wrong.

use super::cost::CallCost;
use super::{BenchReport, BenchRow, Comparison, Figure, FigureChange, ProfileFacts};
use crate::compare::Trend;
use crate::contender::ContenderKind;
use crate::count::count_in_words;
use crate::scenario::{Mode, size_name};
use crate::table::{Table, none, three_digits};
use crcheck_platform::ticks;

/// For each mode the figures, then the figures against peers and limits, and, in detail, what a
/// call of each subject costs.
pub(super) fn tables(report: &BenchReport, is_detailed: bool) -> Vec<Table> {
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
            if is_detailed {
                tables.push(costs(report, mode, &rows));
            }
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

/// A line for each size and subject.
fn costs(report: &BenchReport, mode: Mode, rows: &[&BenchRow]) -> Table {
    let ticks = ticks::UNIT.map_or("cycles".to_owned(), |unit| format!("{unit} a call"));
    let names = ["bytes", "subject", "p50 ns", "p95 ns", "p99 ns"];
    let mut lines = vec![head_line(&names, &[&ticks, "bytes a tick"])];
    for row in rows {
        for figure in &row.figures {
            let is_subject = report.kind(&figure.contender) == Some(ContenderKind::Subject);
            let Some(cost) = figure.cost.as_ref().filter(|_| is_subject) else {
                continue;
            };
            let times = [cost.p50_ns, cost.p95_ns, cost.p99_ns].map(three_digits);
            let ticks = [cost.tsc_ticks, cost.bytes_per_tick].map(or_unavailable);
            let first = [row.scenario.size(), figure.contender.clone()];
            lines.push(first.into_iter().chain(times).chain(ticks).collect());
        }
    }
    Table {
        title: format!("{mode}: what a call costs, by samples"),
        lines,
    }
}

/// Ticks, where the CPU has a counter that can be read.
fn or_unavailable(ticks: Option<f64>) -> String {
    ticks.map_or("unavailable".to_owned(), three_digits)
}

pub(super) fn human(report: &BenchReport, is_detailed: bool) -> String {
    let mut text = head(report);
    for table in tables(report, is_detailed) {
        text += &table.human();
    }
    text + &tail(report)
}

pub(super) fn markdown(report: &BenchReport) -> String {
    let mut text = "# crcheck bench\n\n".to_owned() + &head(report);
    for table in tables(report, true) {
        text += &table.markdown();
    }
    text + &tail(report)
}

/// The machine and its limits.
pub(super) fn head(report: &BenchReport) -> String {
    let machine = &report.machine;
    let core = machine.core;
    let core = core.map_or("not pinned".to_owned(), |core| format!("on core {core}"));
    let mut text = injected(report);
    text += &format!(
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
    text += &match (limits.tsc_ghz, limits.core_cycles_per_tick) {
        (None, _) => "cycles unavailable\n".to_owned(),
        (Some(tsc), None) => format!("cycles are TSC ticks, {tsc:.2} a ns\n"),
        (Some(tsc), Some(cycles)) => {
            format!(
                "cycles are TSC ticks, {tsc:.2} a ns; a tick is {cycles:.2} cycles of the core\n"
            )
        }
    };
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

/// What must never be taken for figures of the kernel.
fn injected(report: &BenchReport) -> String {
    let injected = report.injected.as_ref().map(|name| {
        format!(
            "INJECTED {name}: the subjects are slowed on purpose; no figure describes the real \
             kernel\n"
        )
    });
    injected.unwrap_or_default()
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
    if let Some(profile) = &report.profile {
        text += &profiled(profile);
    }
    text += &injected(report);
    let first_figures = report.rows.iter().filter_map(|row| row.figures.first());
    let blocks = first_figures.map(|figure| figure.blocks_ns.len()).min();
    let tiers = match report.tiers.as_str() {
        "" => String::new(),
        tiers => format!("; {tiers}"),
    };
    text + &format!(
        "{}: {}, {} each or more, {} refused{tiers}\n",
        report.verdict,
        count_in_words(report.rows.len() as u64, "row"),
        count_in_words(blocks.unwrap_or(0) as u64, "block"),
        report.refused.len()
    )
}

fn profiled(profile: &ProfileFacts) -> String {
    let stacks = profile.stacks.as_ref();
    let stacks = stacks.map(|path| format!(", folded stacks in {path}"));
    let end = if profile.is_complete {
        ""
    } else {
        "; it was stopped before its end"
    };
    format!(
        "profiled by {}: {} in {:.1} s of processor time ({} Hz asked for), flame graph in \
         {}{}{end}\n",
        profile.profiler,
        count_in_words(profile.samples, "sample"),
        profile.cpu_s,
        profile.frequency_hz,
        profile.flame_graph,
        stacks.unwrap_or_default()
    )
}

/// The lines above a flame graph.
pub(super) fn profile_lines(report: &BenchReport) -> Vec<String> {
    let machine = format!(
        "crcheck bench, {} ({})",
        report.machine.cpu, report.machine.arch
    );
    let profile = report.profile.as_ref().map(|profile| {
        let (profiler, cpu_s) = (&profile.profiler, profile.cpu_s);
        let samples = count_in_words(profile.samples, "sample");
        format!("profiled by {profiler}: {samples} in {cpu_s:.1} s of processor time")
    });
    let lines = [Some(machine), profile, Some(injected(report))];
    let lines = lines.into_iter().flatten();
    let lines = lines.map(|line| line.trim_end().to_owned());
    lines.filter(|line| !line.is_empty()).collect()
}

/// A cost before and now, on a line of its own.
fn costs_of_change(change: &FigureChange) -> String {
    let Some((before, now)) = change.before.zip(change.now) else {
        return String::new();
    };
    let pair = |of: fn(&CallCost) -> f64| {
        let [before, now] = [before, now].map(|cost| three_digits(of(&cost)));
        format!("{before} -> {now}")
    };
    let ticks = before.tsc_ticks.zip(now.tsc_ticks);
    let ticks = ticks.map(|(before, now)| {
        let [before, now] = [before, now].map(three_digits);
        format!("TSC ticks a call {before} -> {now}")
    });
    format!(
        "  ns a call p50 {}, p95 {}, p99 {}; {}\n",
        pair(|cost| cost.p50_ns),
        pair(|cost| cost.p95_ns),
        pair(|cost| cost.p99_ns),
        ticks.unwrap_or("cycles unavailable".to_owned())
    )
}

fn compared(comparison: &Comparison) -> String {
    let line = |change: &FigureChange, word: &str| {
        let change_line = format!(
            "{word} {}, {}: {:.3} times the time (noise {:.1} %)\n",
            change.contender,
            change.scenario,
            change.change.factor,
            change.change.noise.unwrap_or(f64::NAN) * 100.0
        );
        change_line + &costs_of_change(change)
    };
    let base_injected = comparison.base_injected.as_ref().map(|name| {
        format!(
            "INJECTED {name} in {}: its figures describe no real kernel\n",
            comparison.base
        )
    });
    let lines = |trend, word| -> String {
        let changes = comparison.with_trend(trend);
        changes.map(|change| line(change, word)).collect()
    };
    let count = |trend| comparison.with_trend(trend).count();
    format!(
        "{}{}{}against {}: {} slower, {} faster, {} the same within the noise, {} unknown\n",
        base_injected.unwrap_or_default(),
        lines(Trend::Slower, "SLOWER"),
        lines(Trend::Faster, "faster"),
        comparison.base,
        count(Trend::Slower),
        count(Trend::Faster),
        count(Trend::Same),
        count(Trend::Unknown),
    )
}
