//! Every fault turns its check red, goes unnoticed without it, and every good kernel stays green.
#![allow(missing_docs)]

use crcheck_gallery::matrix::matrix;
use crcheck_gallery::selftest::{Choice, Outcome, selftest};
use crcheck_harness::plan::DepthName;
use crcheck_harness::run::Control;
use std::sync::atomic::AtomicBool;

#[test]
fn every_fault_is_caught_by_its_check_and_no_good_kernel_is_accused() {
    let cancelled = AtomicBool::new(false);
    let control = Control {
        cancelled: &cancelled,
        deadline: None,
        on_event: &|_| {},
    };
    let choice = Choice {
        only: "",
        seed: 1,
        ablation: DepthName::Quick,
        // A worker is the program, which this is not: `crcheck selftest` has the library too.
        worker: None,
    };
    let rows = selftest(choice, &control).expect("a run");
    let is_right = |outcome: &Outcome| matches!(outcome, Outcome::Right | Outcome::Skipped(_));
    let wrong: Vec<_> = rows
        .iter()
        .filter(|row| !is_right(&row.outcome))
        .cloned()
        .collect();
    assert!(wrong.is_empty(), "{}", matrix(&wrong));
    assert!(rows.len() >= 150);
}
