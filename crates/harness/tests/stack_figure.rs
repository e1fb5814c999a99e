//! The stack that `paint` measures is that of the subject, whatever else ran before.

use crcheck_harness::check::checks::{self, CheckSet};
use crcheck_harness::check::control::Control;
use crcheck_harness::check::depth::{Depth, DepthName};
use crcheck_harness::check::plan::Plan;
use crcheck_harness::check::run;
use crcheck_harness::kernel;
use crcheck_harness::subject::{Subject, SubjectName, available_tiers};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// The stack of each subject at each length, in bytes.
fn measure(subjects: &[Box<dyn Subject>]) -> Vec<BTreeMap<usize, usize>> {
    let plan = Plan {
        depth: Depth::of(DepthName::Quick),
        is_scaled: false,
        checks: CheckSet::none().with(checks::paint::ID),
        seed: 1,
        max_stack_bytes: None,
    };
    let control = Control::default();
    let results = run::run(subjects, &plan, &control).expect("a run");
    results.concat().into_iter().map(|one| one.stack).collect()
}

#[test]
#[cfg_attr(not(target_arch = "x86_64"), ignore = "calls are audited on x86-64")]
fn the_same_seed_gives_the_same_stack() {
    let first = measure(&available_tiers());
    assert!(first.iter().all(|stack| stack.len() > 640));
    assert_eq!(measure(&available_tiers()), first);
}

/// A kernel that remembers the lengths of its messages.
struct Remembers(Arc<Mutex<Vec<usize>>>);

impl Subject for Remembers {
    fn name(&self) -> SubjectName {
        "remembers".into()
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        self.0.lock().expect("no panic").push(message.len());
        kernel::update(checksum as u32, message).into()
    }
}

/// A kernel that allocates takes more stack if the heap has no free piece: the calls before on
/// the same length have left one.
#[test]
#[cfg_attr(not(target_arch = "x86_64"), ignore = "calls are audited on x86-64")]
fn the_calls_on_a_length_follow_each_other() {
    let lengths = Arc::new(Mutex::new(Vec::new()));
    measure(&[Box::new(Remembers(Arc::clone(&lengths)))]);
    let lengths = lengths.lock().expect("no panic");
    let runs: Vec<&[usize]> = lengths.chunk_by(|one, next| one == next).collect();
    assert!(runs.len() > 640, "{}", runs.len());
    assert!(runs.iter().all(|run| run.len() >= 4), "{:?}", &runs[..8]);
}
