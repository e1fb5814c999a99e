//! The report as text: the remarks, the table of CPUs and tiers, the summary; and as Markdown.

use super::{EmulateReport, LegReport};
use crate::leg_outcome::LegOutcome;
use crate::purity::SHOWN_BY_PASS;
use crcheck_harness::kernel::Tier;
use crcheck_harness::report::{markdown_table, markdown_text};
use std::fmt::Write;

/// The remarks first, the summary last.
pub(super) fn human(report: &EmulateReport) -> String {
    let mut text = remarks(report);
    if !report.legs.is_empty() {
        text += "\n";
        text += &aligned(&table_lines(report));
    }
    if let Some(legend) = legend(report) {
        text += &format!("{legend}\n");
    }
    text + &summary(report) + "\n"
}

/// The summary and the table first.
pub(super) fn markdown(report: &EmulateReport) -> String {
    let summary = markdown_text(&summary(report));
    let mut text = format!("# crcheck emulate: {}\n\n{summary}\n", report.verdict);
    if !report.legs.is_empty() {
        text += &format!("\n{}", markdown_table(&table_lines(report)));
    }
    if let Some(legend) = legend(report) {
        text += &format!("\n{}\n", markdown_text(legend));
    }
    let remarks = remarks(report);
    if !remarks.is_empty() {
        text += "\n";
    }
    for line in remarks.lines() {
        text += &format!("* {}\n", markdown_text(line));
    }
    text
}

/// Purity, what was skipped, and the details of each leg.
pub(super) fn remarks(report: &EmulateReport) -> String {
    let purity = report.purity.iter().map(|tier| format!("{tier}\n"));
    let skipped = report.skipped.iter();
    let skipped = skipped.map(|skipped| format!("skipped {}: {}\n", skipped.what, skipped.reason));
    let legs = report.legs.iter().map(leg_details);
    purity.chain(skipped).chain(legs).collect()
}

/// Why the leg does not pass, and what the planted faults executed.
fn leg_details(leg: &LegReport) -> String {
    let cpu = &leg.cpu;
    let mut text = String::new();
    if let Some(facts) = &leg.interpreted {
        let facts = facts.to_string();
        text += &format!(
            "{cpu}: interpreted, not hardware: {facts}{}\n",
            changes(leg)
        );
    }
    for planted in &leg.planted {
        let fault = &planted.fault;
        if let Some(illegal) = &planted.illegal {
            text += &format!("{cpu}: fault:{fault} caught at {illegal}\n");
        } else if let Some(message) = &planted.emulator_message {
            text += &format!("{cpu}: fault:{fault} caught: {message}\n");
        }
    }
    if !matches!(leg.outcome, LegOutcome::Passed | LegOutcome::Skipped) {
        for reason in &leg.reasons {
            text += &format!("{cpu}: {}: {reason}\n", leg.outcome);
        }
    }
    text
}

/// How many changes of the code were found; empty if there were none.
fn changes(leg: &LegReport) -> String {
    let changes = leg
        .planted
        .iter()
        .filter(|planted| planted.is_of_changed_code);
    match changes.clone().count() {
        0 => String::new(),
        all => {
            let found = changes.filter(|planted| planted.is_caught).count();
            format!("; {found} of {all} faults in its machine code found")
        }
    }
}

/// The table of CPUs and tiers; the first line is its head.
pub(super) fn table_lines(report: &EmulateReport) -> Vec<Vec<String>> {
    let has_tier = |leg: &LegReport, name: &str| {
        leg.tier_expected == name || leg.tiers.iter().any(|judged| judged.tier == name)
    };
    let tiers: Vec<&str> = Tier::ALL
        .iter()
        .map(|tier| tier.name())
        .filter(|name| report.legs.iter().any(|leg| has_tier(leg, name)))
        .collect();
    let head = ["cpu", "emulator"].iter().chain(&tiers).chain(&["leg"]);
    let head: Vec<String> = head.map(|&name| name.to_owned()).collect();
    let legs = report.legs.iter();
    let legs = legs.map(|leg| leg_line(leg, &tiers, &report.depth));
    std::iter::once(head).chain(legs).collect()
}

/// The mark of a tier that the dispatcher chose.
const CHOSEN: &str = " *";

/// What the mark in the table means; `None` if no cell has it.
pub(super) fn legend(report: &EmulateReport) -> Option<&'static str> {
    let lines = table_lines(report);
    let is_marked = lines.iter().flatten().any(|cell| cell.ends_with(CHOSEN));
    is_marked.then_some("* the tier that the dispatcher chose on this CPU")
}

fn leg_line(leg: &LegReport, tiers: &[&str], depth: &str) -> Vec<String> {
    let emulator = leg.emulator.as_ref().map_or("-".to_owned(), |emulator| {
        format!("{} {}", emulator.name, emulator.version)
    });
    let mut line = vec![leg.cpu.clone(), emulator];
    for &tier in tiers {
        let judged = leg.tiers.iter().find(|judged| judged.tier == tier);
        let mut cell = judged.map_or("-".to_owned(), |judged| judged.outcome.to_string());
        if let Some(other) = judged.filter(|judged| judged.depth != depth) {
            cell += &format!(" ({})", other.depth);
        }
        if leg.tier_seen.as_deref() == Some(tier) {
            cell += CHOSEN;
        }
        line.push(cell);
    }
    let mut last = leg.outcome.to_string();
    if leg.interpreted.is_some() {
        last += ", interpreted";
    }
    if leg.outcome == LegOutcome::Skipped {
        let required = if leg.is_required { ", required" } else { "" };
        last = format!("skipped ({}{required})", leg.reasons.join("; "));
    }
    line.push(last);
    line
}

/// Columns side by side. The last one holds the longest texts and is not filled up.
fn aligned(lines: &[Vec<String>]) -> String {
    let columns = lines[0].len();
    let width = |column: usize| lines.iter().map(|line| line[column].len()).max();
    let widths: Vec<usize> = (0..columns - 1).filter_map(width).collect();
    let mut text = String::new();
    for line in lines {
        for (cell, width) in line.iter().zip(&widths) {
            // Writing to a string cannot fail.
            let _ = write!(text, "{cell:<width$}  ");
        }
        text += &format!("{}\n", line[columns - 1]);
    }
    text
}

/// The verdict and the counts, in one line.
pub(super) fn summary(report: &EmulateReport) -> String {
    let verdict = report.verdict.name();
    if report.legs.is_empty() {
        let pure = report.purity.iter().filter(|tier| tier.shows.is_some());
        let (pure, read) = (pure.count(), report.purity.len());
        return format!(
            "{verdict}: the code of {pure} of {read} tiers {SHOWN_BY_PASS}; no CPU emulated, no \
             value judged"
        );
    }
    let count = |outcome| {
        let legs = report.legs.iter();
        legs.filter(|leg| leg.outcome == outcome).count()
    };
    let passed = count(LegOutcome::Passed);
    let skipped = count(LegOutcome::Skipped);
    let others = report.legs.len() - passed - skipped;
    let tiers = report.legs.iter().flat_map(|leg| &leg.tiers);
    let cells: u64 = tiers.map(|judged| judged.cells).sum();
    let (depth, seed) = (&report.depth, &report.seed);
    let unjudged = match unjudged_tiers(report).join(", ") {
        none if none.is_empty() => none,
        tiers => format!("; no leg judged {tiers}"),
    };
    let legs = report.legs.iter();
    let interpreted = match legs.filter(|leg| leg.interpreted.is_some()).count() {
        0 => String::new(),
        some => format!("; {some} of them interpreted, not hardware"),
    };
    format!(
        "{verdict}: {passed} legs passed, {others} did not, {skipped} skipped \
         ({depth} depth, seed {seed}, {cells} cells){interpreted}{unjudged}"
    )
}

/// The tiers that a selected CPU would choose, and that ran on none.
fn unjudged_tiers(report: &EmulateReport) -> Vec<&'static str> {
    let is_judged = |name: &str| {
        let mut tiers = report.legs.iter().flat_map(|leg| &leg.tiers);
        tiers.any(|judged| judged.tier == name && judged.cells > 0)
    };
    let is_expected = |name: &str| report.legs.iter().any(|leg| leg.tier_expected == name);
    let tiers = Tier::ALL.iter().map(|tier| tier.name());
    tiers
        .filter(|name| is_expected(name) && !is_judged(name))
        .collect()
}
