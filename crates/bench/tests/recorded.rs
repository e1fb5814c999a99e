//! Comparisons of runs that `examples/record.rs` has recorded: real noise is no change.
#![allow(missing_docs)]

use crcheck_bench::compare::{TOLERANCE, Trend};
use crcheck_bench::report::{BenchReport, FigureChange};
use crcheck_bench::scenario::Mode;

fn recorded(name: &str) -> BenchReport {
    let path = format!("{}/tests/recorded/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("a recording");
    BenchReport::from_json(&text).expect("a report")
}

fn slower(changes: &[FigureChange]) -> Vec<&FigureChange> {
    let is_slower = |change: &&FigureChange| change.change.trend == Trend::Slower;
    changes.iter().filter(is_slower).collect()
}

#[test]
fn the_same_kernel_is_not_slower_than_itself() {
    let (base, again) = (recorded("base"), recorded("again"));
    for (base, now) in [(&base, &again), (&again, &base)] {
        let changes = now.changes(base, TOLERANCE);
        assert_eq!(changes.len(), 6);
        for change in changes {
            assert_eq!(change.change.trend, Trend::Same, "{change:?}");
        }
    }
}

#[test]
fn a_kernel_that_reads_an_eighth_twice_is_slower() {
    let slowed = recorded("slowed");
    for base in [recorded("base"), recorded("again")] {
        let changes = slowed.changes(&base, TOLERANCE);
        let slower = slower(&changes);
        // At 512 KiB the eighth comes from a nearer cache, and the memory sets the pace.
        let sizes = [64, 1 << 10, 16 << 10];
        for size_bytes in sizes {
            let is_slower = slower.iter().any(|change| {
                change.scenario.mode == Mode::Throughput && change.scenario.size_bytes == size_bytes
            });
            assert!(is_slower, "{size_bytes}: {changes:?}");
        }
    }
}

#[test]
fn the_other_way_round_it_is_faster_and_never_slower() {
    let changes = recorded("base").changes(&recorded("slowed"), TOLERANCE);
    assert!(slower(&changes).is_empty());
    let faster = changes
        .iter()
        .filter(|change| change.change.trend == Trend::Faster);
    assert!(faster.count() >= 3);
}
