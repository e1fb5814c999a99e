//! A run of `crcheck bench io`, without the program: what is refused, skipped and left behind.

use crcheck_bench::io::cache::CacheState;
use crcheck_bench::io::facts::{CallSource, IoReport};
use crcheck_bench::io::folder::Folder;
use crcheck_bench::io::method::IoMethod;
use crcheck_bench::io::reader::{Engine, Pass, PassError, Reader, Watch};
use crcheck_bench::io::run::{Ending, IoRun, IoRunError};
use crcheck_bench::io::setup::{Setup, SetupSelection};
use crcheck_bench::io::test_file::{FileAt, FileForm};
use crcheck_bench::io::{page, text};
use crcheck_bench::report::Machine;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Reads as crcheck does; the checksums of one method are wrong by a bit.
struct Wrong(IoMethod);

impl Reader for Wrong {
    fn pass(&self, file: FileAt<'_>, setup: &Setup, watch: Watch<'_>) -> Result<Pass, PassError> {
        let mut pass = Engine::default().pass(file, setup, watch)?;
        if setup.method == self.0 {
            pass.checksum = pass.checksum.map(|checksum| checksum ^ 0x8000_0000);
        }
        Ok(pass)
    }
}

/// A run on a file of 1 MiB.
fn small<'a>(reader: &'a dyn Reader, cancelled: &'a AtomicBool) -> IoRun<'a> {
    IoRun {
        sizes_bytes: vec![1 << 20],
        states: vec![CacheState::Warm],
        setups: SetupSelection::default().setups(),
        runs: 3,
        budget: Duration::from_secs(600),
        reader,
        observer: None,
        cancelled,
        on_begin: &|_| (),
    }
}

fn empty(folder: &Path) -> IoReport {
    let folder = Folder::look_at(folder).expect("a folder");
    IoReport::empty(Machine::default(), folder, 3)
}

fn count(folder: &Path) -> usize {
    std::fs::read_dir(folder).expect("a folder").count()
}

fn run(run: &IoRun<'_>) -> (Result<Ending, IoRunError>, IoReport) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut report = empty(folder.path());
    let ending = run.run(&mut report);
    assert_eq!(count(folder.path()), 0, "the file is removed");
    (ending, report)
}

#[test]
fn every_row_has_a_figure_or_a_reason() {
    let go_on = AtomicBool::new(false);
    let engine = Engine::default();
    let asked = small(&engine, &go_on);
    let (ending, report) = run(&asked);
    assert_eq!(ending.expect("a file"), Ending::Complete);
    assert_eq!(report.refused, []);
    for setup in &asked.setups {
        let row = report.rows.iter().find(|row| row.setup == *setup);
        // Other rows have longer names.
        let name = format!("{setup}, 1M");
        let skipped = report
            .skipped
            .iter()
            .find(|skipped| skipped.what.starts_with(&name));
        match (row, skipped) {
            (Some(row), None) => {
                assert_eq!(row.seconds.len(), 3, "{setup}");
                let ordered = [0.0, row.gb_per_s_min, row.gb_per_s, row.gb_per_s_max];
                assert!(ordered.is_sorted(), "{setup}: {ordered:?}");
                assert_eq!(row.is_bound, !setup.has_checksum);
                assert!((0.0..=1.0).contains(&row.cached_before), "{setup}");
            }
            (None, Some(skipped)) => assert!(!skipped.reason.is_empty(), "{setup}"),
            other => panic!("{setup}: {other:?}"),
        }
    }
    // The kernel's count of reads is exact.
    let read = report
        .rows
        .iter()
        .find(|row| row.setup.to_string() == "read 4K");
    let calls = read.expect("a row").system_calls;
    if let Some(calls) = calls.filter(|calls| calls.source == CallSource::Reads) {
        assert!((256..260).contains(&calls.count), "{calls:?}");
    }
}

#[test]
fn every_format_names_every_method_and_answers_the_rules() {
    let go_on = AtomicBool::new(false);
    let engine = Engine::default();
    let (_, report) = run(&small(&engine, &go_on));
    assert_eq!(report.rules.len(), 4);
    let texts = [
        text::human(&report),
        text::markdown(&report),
        page::html(&report),
    ];
    for written in texts {
        for word in [
            "mmap-populate",
            "chain-3 64K",
            "random 4K",
            "dd",
            "fio",
            "1M, pre",
        ] {
            assert!(written.contains(word), "{word}: {written}");
        }
    }
}

#[test]
fn a_wrong_checksum_has_no_figure_and_the_others_keep_theirs() {
    let go_on = AtomicBool::new(false);
    for method in [
        IoMethod::Mmap,
        IoMethod::Read,
        IoMethod::Chain(2),
        IoMethod::Random,
    ] {
        let wrong = Wrong(method);
        let mut asked = small(&wrong, &go_on);
        asked
            .setups
            .retain(|setup| setup.has_checksum && setup.threads == 1);
        let own = asked
            .setups
            .iter()
            .filter(|setup| setup.method == method)
            .count();
        let (ending, report) = run(&asked);
        assert_eq!(ending.expect("a file"), Ending::Complete);
        assert_eq!(report.refused.len(), own, "{method}");
        for refusal in &report.refused {
            assert!(
                refusal.contender.starts_with(method.name()),
                "{}",
                refusal.contender
            );
            assert!(
                refusal.reason.contains("the oracle's is"),
                "{}",
                refusal.reason
            );
        }
        assert!(
            report.rows.iter().all(|row| row.setup.method != method),
            "{method}"
        );
        assert!(
            report
                .rows
                .iter()
                .any(|row| row.setup.method == IoMethod::Auto)
        );
    }
}

#[test]
fn a_run_that_is_interrupted_reports_what_it_has() {
    let cancelled = AtomicBool::new(false);
    let engine = Engine::default();
    let mut asked = small(&engine, &cancelled);
    let begin = |what: String| {
        if what.ends_with("read 16M, run 2 of 3") {
            cancelled.store(true, Ordering::Relaxed);
            // The run looks for it now and then.
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    asked.on_begin = &begin;
    asked
        .setups
        .retain(|setup| setup.method == IoMethod::Read && setup.threads == 1);
    let (ending, report) = run(&asked);
    assert_eq!(ending.expect("a file"), Ending::Interrupted);
    let runs = |name: &str| {
        let row = report.rows.iter().find(|row| row.setup.to_string() == name);
        row.expect(name).seconds.len()
    };
    assert_eq!((runs("read 4K"), runs("read 16M")), (2, 1));
    assert!(text::human(&report).contains("read 4K (2 of 3 runs)"));
}

#[test]
fn without_time_nothing_is_measured_and_everything_has_a_reason() {
    let go_on = AtomicBool::new(false);
    let engine = Engine::default();
    let mut asked = small(&engine, &go_on);
    asked.budget = Duration::ZERO;
    let begin = |_| std::thread::sleep(Duration::from_millis(50));
    asked.on_begin = &begin;
    let (ending, report) = run(&asked);
    assert_eq!(ending.expect("no error"), Ending::OverBudget);
    assert!(report.rows.is_empty() && !report.skipped.is_empty());
}

#[test]
fn what_the_disk_does_not_hold_is_sparse_and_says_so() {
    let go_on = AtomicBool::new(false);
    let engine = Engine::default();
    let mut asked = small(&engine, &go_on);
    asked.sizes_bytes = vec![3 << 20];
    let folder = tempfile::tempdir().expect("a folder");
    let mut report = empty(folder.path());
    report.folder.free_bytes = 0;
    asked.run(&mut report).expect("a file");
    assert_eq!(report.refused, []);
    if report.folder.is_memory() {
        assert!(report.rows.is_empty() && report.skipped[0].reason.contains("does not hold"));
        return;
    }
    assert!(!report.rows.is_empty());
    assert!(
        report
            .rows
            .iter()
            .all(|row| row.file.form == FileForm::Sparse)
    );
    assert!(text::human(&report).contains("3M, sparse, cache warm"));
    assert!(report.notes[0].contains("3M") && report.notes[0].contains("sparse"));
    // The sum of a file would skip all of it.
    assert!(
        report
            .rows
            .iter()
            .all(|row| row.setup.method != IoMethod::Auto)
    );
}

#[test]
fn a_file_that_cannot_be_made_is_an_error_with_its_folder() {
    let go_on = AtomicBool::new(false);
    let engine = Engine::default();
    let asked = small(&engine, &go_on);
    let folder = tempfile::tempdir().expect("a folder");
    let mut report = empty(folder.path());
    report.folder.path = folder.path().join("gone");
    let error = asked.run(&mut report).expect_err("no folder").to_string();
    assert!(error.contains("1M") && error.contains("gone"), "{error}");
}

#[test]
fn each_state_of_the_cache_has_rows_of_its_own_or_a_reason() {
    let go_on = AtomicBool::new(false);
    let engine = Engine::default();
    let mut asked = small(&engine, &go_on);
    asked.states = CacheState::ALL.to_vec();
    asked.runs = 1;
    asked
        .setups
        .retain(|setup| setup.method == IoMethod::Read && setup.threads == 1);
    let (ending, report) = run(&asked);
    assert_eq!(ending.expect("a file"), Ending::Complete);
    for state in CacheState::ALL {
        let is_there = report.files().iter().any(|file| file.cache == state);
        let is_skipped = report
            .skipped
            .iter()
            .any(|skipped| skipped.what.ends_with(state.name()));
        assert!(is_there != is_skipped, "{state}");
    }
}
