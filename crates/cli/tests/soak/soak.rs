//! The soak: draws for some time, and counts.

use crate::arena::Arena;
use crate::draw::Draw;
use crate::run::{Ended, FAULTS, Fault, is_stopped};
use crate::{hostile, interrupts, malformed, mutated};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
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
    /// What was drawn, in words.
    pub(crate) what: String,
    pub(crate) words: Vec<String>,
    pub(crate) ended: Ended,
}

impl Tried {
    pub(crate) fn new(what: String, words: Vec<String>, ended: Ended) -> Self {
        Self { what, words, ended }
    }
}

/// Makes the draw `index` of a family under `seed`. The input of one that fails stays in `kept`.
pub(crate) fn attempt(family: Family, seed: u64, index: u64, kept: &Path) -> Tried {
    let mut draw = Draw::new(seed, index);
    let arena = Arena::new(index);
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

fn folder_of(kept: &Path, seed: u64, index: u64) -> PathBuf {
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

#[derive(Default)]
struct Counts {
    tried: BTreeMap<Family, u64>,
    faults: BTreeMap<(Family, Fault), u64>,
}

/// Draws until the time is over, or somebody interrupts. Returns whether nothing failed.
pub(crate) fn soak(plan: &Plan) -> bool {
    let began = Instant::now();
    let next = AtomicU64::new(plan.only.unwrap_or(0));
    let counts = Mutex::new(Counts::default());
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
            if tried.ended.was_stopped {
                return;
            }
            let mut counts = counts.lock().expect("no panic");
            count(&mut counts, plan, family, index, &tried);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..plan.jobs {
            scope.spawn(draw);
        }
    });
    let counts = counts.into_inner().expect("no panic");
    print(plan, &counts, began.elapsed());
    counts.faults.is_empty()
}

fn count(counts: &mut Counts, plan: &Plan, family: Family, index: u64, tried: &Tried) {
    *counts.tried.entry(family).or_default() += 1;
    let mut seen = Vec::new();
    for (fault, text) in &tried.ended.faults {
        if !seen.contains(fault) {
            *counts.faults.entry((family, *fault)).or_default() += 1;
            seen.push(*fault);
        }
        eprintln!("{}: {text}", name_of(*fault).to_uppercase());
    }
    if !seen.is_empty() {
        let (seed, kept) = (plan.seed, folder_of(&plan.kept, plan.seed, index));
        let words = tried.words.iter().map(String::as_str);
        let line = shlex::try_join(words).expect("no NUL");
        eprintln!("  {}", tried.what);
        eprintln!("  cd {} && crcheck {line}", kept.display());
        eprintln!("  scripts/soak --seed {seed} --draw {index}");
    }
    let tried: u64 = counts.tried.values().sum();
    if tried.is_multiple_of(50) {
        let failed: u64 = counts.faults.values().sum();
        eprintln!("{tried} tried, {failed} faults");
    }
}

fn name_of(fault: Fault) -> &'static str {
    let named = FAULTS.iter().find(|(named, _)| *named == fault);
    named.map_or("", |(_, name)| name)
}

/// The table on stdout, and a line of JSON behind it.
fn print(plan: &Plan, counts: &Counts, time: Duration) {
    print!("{:<18} {:>8}", "", "tried");
    for (_, name) in FAULTS {
        print!(" {name:>13}");
    }
    println!();
    let mut families = Map::new();
    let mut totals = Map::new();
    let mut add = |row: &mut Map<String, Value>, name: &str, count: u64| {
        let name = name.replace(' ', "_");
        let total = totals.get(&name).and_then(Value::as_u64).unwrap_or(0);
        totals.insert(name.clone(), json!(total + count));
        row.insert(name, json!(count));
    };
    for (family, name, _) in FAMILIES {
        let mut row = Map::new();
        let tried = counts.tried.get(&family).copied().unwrap_or(0);
        print!("{name:<18} {tried:>8}");
        add(&mut row, "tried", tried);
        for (fault, column) in FAULTS {
            let count = counts.faults.get(&(family, fault)).copied().unwrap_or(0);
            print!(" {count:>13}");
            add(&mut row, column, count);
        }
        println!();
        families.insert(name.to_owned(), Value::Object(row));
    }
    totals.insert("seed".to_owned(), json!(plan.seed));
    totals.insert("seconds".to_owned(), json!(time.as_secs()));
    totals.insert("families".to_owned(), Value::Object(families));
    println!("{}", Value::Object(totals));
}
