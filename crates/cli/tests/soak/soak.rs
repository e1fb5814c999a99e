//! The soak: draws for some time, and counts.

use crate::arena::Arena;
use crate::counts::Counts;
use crate::draw::Draw;
use crate::plan::{Plan, folder_of};
use crate::run::is_stopped;
use crate::tried::{Family, Tried, family_of};
use crate::{hostile, interrupts, malformed, mutated};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Makes the draw `index` of a family under `seed`. The input of one that fails stays in `kept`.
pub(crate) fn attempt(family: Family, seed: u64, index: u64, kept: &Path) -> Tried {
    let mut draw = Draw::new(seed, index);
    let arena = Arena::new();
    let tried = match family {
        Family::Kernels => hostile::attempt(&mut draw, &arena, false),
        Family::Programs => hostile::attempt(&mut draw, &arena, true),
        Family::Libraries => mutated::attempt(&mut draw, &arena),
        Family::Files => malformed::attempt(&mut draw, &arena),
        Family::Interrupts => interrupts::attempt(&mut draw, &arena),
    };
    if !tried.ended.faults.is_empty() {
        arena.keep(&folder_of(kept, seed, index));
    }
    tried
}

/// Draws until the time is over, or somebody interrupts. Returns whether nothing failed.
pub(crate) fn soak(plan: &Plan) -> bool {
    let began = Instant::now();
    let next = AtomicU64::new(plan.only.unwrap_or(0));
    let counts = Mutex::new(Counts::new(plan));
    let draw = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let is_over = match plan.only {
                Some(only) => index > only,
                None => began.elapsed() >= plan.time,
            };
            if is_over || is_stopped() {
                return;
            }
            let family = family_of(index);
            let tried = attempt(family, plan.seed, index, &plan.kept);
            if is_stopped() {
                return;
            }
            counts.lock().expect("no panic").add(family, index, &tried);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..plan.jobs {
            scope.spawn(draw);
        }
    });
    let counts = counts.into_inner().expect("no panic");
    counts.print_kinds();
    counts.print_table(began.elapsed());
    counts.is_clean()
}
