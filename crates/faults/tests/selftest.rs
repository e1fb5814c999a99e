//! Faults turn their checks red, go unnoticed without them, and are told rightly: those of the article, and drawn ones
//! whose parameters are at the edge of what checks and diagnosis reach. All exhibits, with parameters of a fresh seed,
//! are judged by `crcheck selftest` in ci/gates, which takes minutes in this profile.
#![allow(missing_docs)]

use crcheck_faults::matrix::matrix;
use crcheck_faults::selftest::{Choice, Outcome, selftest};
use crcheck_harness::plan::DepthName;
use crcheck_harness::run::Control;
use std::sync::atomic::AtomicBool;

/// Judges the exhibits with `only` in their names, which are all right, and answers how many they are.
fn all_right(only: &str, seed: u64) -> usize {
    let cancelled = AtomicBool::new(false);
    let control = Control {
        cancelled: &cancelled,
        deadline: None,
        on_event: &|_| {},
    };
    let choice = Choice {
        only,
        seed,
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
    rows.len()
}

#[test]
fn the_articles_faults_are_caught_by_their_checks_and_told() {
    assert!(all_right("article", 1) >= 13);
}

/// At depth quick few random messages begin with any one byte.
#[test]
fn a_value_of_the_first_byte_that_no_random_message_has_is_met() {
    assert_eq!(all_right("result-by-first-byte@", 0x66), 1);
}

/// Of up to three bytes: too few to know an algorithm by.
#[test]
fn a_register_that_is_ignored_for_the_shortest_messages_alone_is_told() {
    for seed in [7, 0x11, 0x15, 0x9c88_166a_2851_66a7] {
        assert_eq!(all_right("register-ignored-to@", seed), 1, "{seed:#x}");
    }
}
