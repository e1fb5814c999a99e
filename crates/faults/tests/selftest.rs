//! The self-test on the faults of the article, and on drawn faults whose parameters are at the edge
//! of what checks and diagnosis reach. `crcheck selftest` in ci/gates judges all faults with a
//! fresh seed, which would take minutes in this profile.
#![allow(missing_docs)]

use crcheck_faults::selftest::{self, Selection, SelftestOutcome, format_matrix};
use crcheck_harness::check::control::Control;
use crcheck_harness::check::depth::DepthName;

/// Judges the faults with `only` in their names, which are all right, and counts them.
fn count_right(only: &str, seed: u64) -> usize {
    let control = Control::default();
    let selection = Selection {
        only,
        seed,
        ablation: DepthName::Quick,
        // Only the program can be a worker: `crcheck selftest` has the library too.
        worker: None,
    };
    let rows = selftest::run(selection, &control).expect("a run");
    let is_right = |outcome: &SelftestOutcome| {
        matches!(
            outcome,
            SelftestOutcome::Right | SelftestOutcome::Skipped(_)
        )
    };
    let wrong: Vec<_> = rows
        .iter()
        .filter(|row| !is_right(&row.outcome))
        .cloned()
        .collect();
    assert!(wrong.is_empty(), "{}", format_matrix(&wrong));
    rows.len()
}

#[test]
fn the_articles_faults_are_caught_by_their_checks_and_told() {
    assert!(count_right("article", 1) >= 13);
}

/// At depth `quick` few random messages begin with a given byte.
#[test]
fn a_value_of_the_first_byte_that_no_random_message_has_is_met() {
    assert_eq!(count_right("result-by-first-byte@", 0x66), 1);
}

/// Messages of up to three bytes are too short to know an algorithm by.
#[test]
fn a_register_that_is_ignored_for_the_shortest_messages_alone_is_told() {
    for seed in [7, 0x11, 0x15, 0x9c88_166a_2851_66a7] {
        assert_eq!(count_right("register-ignored-to@", seed), 1, "{seed:#x}");
    }
}
