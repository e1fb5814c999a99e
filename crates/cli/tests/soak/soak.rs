//! The soak: draws for some time, and counts.

use crate::arena::Arena;
use crate::counts::Counts;
use crate::draw::Draw;
use crate::run::{Ended, is_stopped};
use crate::{hostile, interrupts, malformed, mutated};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Family {
    Kernels,
    Programs,
    Libraries,
    Files,
    Interrupts,
}

/// Each family with its name and its share in twenty draws.
pub(crate) const FAMILIES: [(Family, &str, usize); 5] = [
    (Family::Kernels, "hostile kernels", 8),
    (Family::Programs, "hostile programs", 2),
    (Family::Libraries, "mutated libraries", 4),
    (Family::Files, "malformed files", 3),
    (Family::Interrupts, "interrupts", 3),
];

/// One draw, and how it went.
pub(crate) struct Tried {
    /// What was drawn, in a word: faults of one kind probably have one cause.
    pub(crate) kind: String,
    /// All that was drawn.
    pub(crate) what: String,
    pub(crate) words: Vec<String>,
    pub(crate) ended: Ended,
}

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

pub(crate) fn folder_of(kept: &Path, seed: u64, index: u64) -> PathBuf {
    kept.join(format!("{seed}-{index}"))
}

/// The family of a draw: every twenty draws have each in its share.
fn family_of(index: u64) -> Family {
    let all = FAMILIES
        .iter()
        .flat_map(|&(family, _, share)| std::iter::repeat_n(family, share));
    let all: Vec<Family> = all.collect();
    // 7 and 20 have no common divisor, so this visits all.
    all[(index as usize).wrapping_mul(7) % all.len()]
}

/// How a soak runs.
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) time: Duration,
    /// The only draw, if one is to be made again.
    pub(crate) only: Option<u64>,
    pub(crate) jobs: usize,
    pub(crate) kept: PathBuf,
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
