//! A run over the matrix.

use crate::emulator::{Installed, Kind};
use crate::leg::{self, Task};
use crate::matrix::Cpu;
use crate::purity::TierPurity;
use crate::report::{Leg, Outcome};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs a leg for each CPU, side by side, and answers in their order. `on_end` hears of each.
pub fn run(
    cpus: &[&Cpu],
    installed: &BTreeMap<String, Installed>,
    kinds: &[Kind],
    purity: &[TierPurity],
    task: &Task<'_>,
    on_end: &(dyn Fn(&Leg) + Sync),
) -> Vec<Leg> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<Option<Leg>>> = Mutex::new(cpus.iter().map(|_| None).collect());
    let lanes = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..lanes.min(cpus.len()) {
            scope.spawn(|| {
                while let Some(cpu) = cpus.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let leg = run_one(cpu, installed, kinds, purity, task);
                    on_end(&leg);
                    let index = cpus.iter().position(|other| other.name == cpu.name);
                    let mut done = done.lock().expect("no panic while held");
                    done[index.expect("one of them")] = Some(leg);
                }
            });
        }
    });
    let done = done.into_inner().expect("no panic while held");
    done.into_iter().flatten().collect()
}

fn run_one(
    cpu: &Cpu,
    installed: &BTreeMap<String, Installed>,
    kinds: &[Kind],
    purity: &[TierPurity],
    task: &Task<'_>,
) -> Leg {
    if task.interrupted.load(Ordering::Relaxed) {
        let mut leg = Leg::of(cpu);
        leg.end(
            Outcome::Incomplete,
            "interrupted before it began".to_owned(),
        );
        return leg;
    }
    let Some(installed) = installed.get(&cpu.arch) else {
        let arch = &cpu.arch;
        return Leg::skipped(
            cpu,
            format!(
                "there is no crcheck for {arch}: build one with scripts/cross, and name it with --worker"
            ),
        );
    };
    match installed.choose(kinds, cpu) {
        Err(reason) => Leg::skipped(cpu, reason),
        Ok((emulator, launch)) => {
            let mut leg = leg::run(cpu, emulator, &launch, task);
            if !emulator.traps() {
                judge_untrapped(cpu, purity, &mut leg);
            }
            leg
        }
    }
}

/// Where instructions are not trapped, the machine code must have been read instead.
fn judge_untrapped(cpu: &Cpu, purity: &[TierPurity], leg: &mut Leg) {
    let of_tier = purity.iter().find(|tier| tier.tier == cpu.tier.name());
    match of_tier.map(|tier| tier.outcome) {
        Some(Outcome::Passed) => {}
        Some(Outcome::Faulty) => leg.end(
            Outcome::Faulty,
            format!("the code of {} needs more than it declares", cpu.tier),
        ),
        _ => leg.end(
            Outcome::Nothing,
            format!(
                "instructions are not trapped, and the code of {} was not read",
                cpu.tier
            ),
        ),
    }
}
