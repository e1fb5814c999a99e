//! Comparisons of runs that `examples/record.rs` has recorded: real noise is no change.
#![allow(missing_docs)]

use crcheck_bench::compare::{TOLERANCE, Trend};
use crcheck_bench::inject::TAIL_BYTES;
use crcheck_bench::report::{BenchReport, CallCost, FigureChange};
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

/// The slow case slows what has a tail, and nothing else.
#[test]
fn a_kernel_with_a_slow_tail_is_slower_where_there_is_a_tail() {
    let (base, now) = (recorded("tails"), recorded("slow-tail"));
    assert_eq!(
        (&base.injected, now.injected.as_deref()),
        (&None, Some("slow-tail"))
    );
    let changes = now.changes(&base, TOLERANCE);
    assert_eq!(changes.len(), 9);
    for change in &changes {
        let has_tail = change.scenario.size_bytes % TAIL_BYTES != 0;
        let trend = if has_tail { Trend::Slower } else { Trend::Same };
        assert_eq!(change.change.trend, trend, "{change:?}");
        // What a call cost before and what it costs now comes with it.
        let [before, now] = [change.before, change.now].map(|cost| cost.expect("a cost"));
        let grows = |of: fn(&CallCost) -> f64| of(&now) > of(&before);
        if has_tail {
            assert!(grows(|cost| cost.p50_ns) && grows(|cost| cost.p95_ns));
            assert!(grows(|cost| cost.p99_ns));
            assert!(grows(|cost| cost.tsc_ticks.expect("recorded on x86-64")));
        }
    }
    for size_bytes in [100, 1000, 4095] {
        assert!(
            changes
                .iter()
                .any(|change| change.scenario.size_bytes == size_bytes)
        );
    }
}

/// Reports that an older version wrote have no costs.
#[test]
fn a_base_without_costs_is_compared_all_the_same() {
    let changes = recorded("again").changes(&recorded("base"), TOLERANCE);
    assert!(changes.iter().all(|change| change.before.is_none()));
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
