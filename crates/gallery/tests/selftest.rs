//! The article's faults turn their checks red, go unnoticed without them, and are told rightly. All exhibits, those
//! drawn from a fresh seed among them, are judged by `crcheck selftest` in ci/nightly, which takes minutes in this profile.
#![allow(missing_docs)]

use crcheck_gallery::matrix::matrix;
use crcheck_gallery::selftest::{Choice, Outcome, selftest};
use crcheck_harness::plan::DepthName;
use crcheck_harness::run::Control;
use std::sync::atomic::AtomicBool;

#[test]
fn the_articles_faults_are_caught_by_their_checks_and_told() {
    let cancelled = AtomicBool::new(false);
    let control = Control {
        cancelled: &cancelled,
        deadline: None,
        on_event: &|_| {},
    };
    let choice = Choice {
        only: "article",
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
    assert!(rows.len() >= 13);
}
