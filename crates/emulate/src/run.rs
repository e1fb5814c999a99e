//! A run over the matrix: a leg for each CPU, side by side.

use crate::emulator::{EmulatorKind, Installed};
use crate::interpreted_tiers::InterpretedTiers;
use crate::leg;
use crate::leg_options::LegOptions;
use crate::leg_outcome::LegOutcome;
use crate::matrix::Cpu;
use crate::purity::TierPurity;
use crate::report::LegReport;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs a leg for each CPU and returns the reports in the order of the CPUs. Calls `on_end` with
/// each report when its leg ends.
///
/// # Panics
/// If `on_end` panics.
pub fn run(
    cpus: &[&Cpu],
    installed: &BTreeMap<String, Installed>,
    kinds: &[EmulatorKind],
    purity: &[TierPurity],
    options: &LegOptions<'_>,
    on_end: &(dyn Fn(&LegReport) + Sync),
) -> Vec<LegReport> {
    let next = AtomicUsize::new(0);
    let order = in_order(cpus);
    let tiers = InterpretedTiers::new(options);
    let reports: Vec<Mutex<Option<LegReport>>> = cpus.iter().map(|_| Mutex::default()).collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads.min(cpus.len()) {
            scope.spawn(|| {
                loop {
                    let next = next.fetch_add(1, Ordering::Relaxed);
                    let Some(&index) = order.get(next) else { break };
                    let report = run_one(cpus[index], installed, kinds, purity, &tiers);
                    on_end(&report);
                    *reports[index].lock().expect("no panic while held") = Some(report);
                }
            });
        }
    });
    let reports = reports.into_iter();
    let reports = reports.map(|report| report.into_inner().expect("no panic while held"));
    reports.flatten().collect()
}

/// The order of the legs: one of each tier first. Legs of one tier share what is interpreted, and
/// two at once would wait for each other.
fn in_order(cpus: &[&Cpu]) -> Vec<usize> {
    let rank = |index: &usize| {
        let before = cpus[..*index].iter();
        before.filter(|cpu| cpu.tier == cpus[*index].tier).count()
    };
    let mut order: Vec<usize> = (0..cpus.len()).collect();
    order.sort_by_key(rank);
    order
}

fn run_one(
    cpu: &Cpu,
    installed: &BTreeMap<String, Installed>,
    kinds: &[EmulatorKind],
    purity: &[TierPurity],
    tiers: &InterpretedTiers<'_>,
) -> LegReport {
    if tiers.options().interrupted.load(Ordering::Relaxed) {
        let mut report = LegReport::new(cpu);
        let reason = "interrupted before it began".to_owned();
        report.record(LegOutcome::Incomplete, reason);
        return report;
    }
    let Some(installed) = installed.get(&cpu.arch) else {
        let reason = format!(
            "there is no crcheck for {}: build one with scripts/cross, and name it with --worker",
            cpu.arch
        );
        return LegReport::skipped(cpu, reason);
    };
    match installed.choose(kinds, cpu) {
        Err(reason) => LegReport::skipped(cpu, reason),
        Ok((emulator, presentation)) => {
            let mut report = leg::run(cpu, emulator, &presentation, tiers);
            if !emulator.traps() {
                require_purity(cpu, purity, &mut report);
            }
            report
        }
    }
}

/// Where no instruction is refused, the chosen tier must have passed the purity check.
fn require_purity(cpu: &Cpu, purity: &[TierPurity], report: &mut LegReport) {
    let tier = cpu.tier;
    let of_tier = purity.iter().find(|purity| purity.tier == tier.name());
    match of_tier.map(|purity| purity.outcome) {
        Some(LegOutcome::Passed) => {}
        Some(LegOutcome::Faulty) => {
            let reason = format!("the code of {tier} needs more than it declares");
            report.record(LegOutcome::Faulty, reason);
        }
        _ => {
            let reason =
                format!("instructions are not trapped, and the code of {tier} was not read");
            report.record(LegOutcome::Nothing, reason);
        }
    }
}
