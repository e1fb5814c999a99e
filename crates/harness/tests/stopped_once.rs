//! A call that is stopped once, and returns when it is made again, is a finding of every check.

use crcheck_harness::check::check_result::Ending;
use crcheck_harness::check::checks::{self, CheckSet};
use crcheck_harness::check::control::Control;
use crcheck_harness::check::depth::{Depth, DepthName};
use crcheck_harness::check::plan::Plan;
use crcheck_harness::check::run;
use crcheck_harness::oracle::judge::Judge;
use crcheck_harness::oracle::model::Model;
use crcheck_harness::oracle::slicing_16::Slicing16;
use crcheck_harness::platform::signal::silence_caught_panics;
use crcheck_harness::subject::{Kind, Subject, SubjectName};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

static JUDGE: LazyLock<Slicing16> = LazyLock::new(|| Slicing16::new(&Model::CRC_32_ISO_HDLC));

/// A right kernel, except that its call of this number panics.
struct PanicsAt {
    call: usize,
    calls: AtomicUsize,
}

impl Subject for PanicsAt {
    fn name(&self) -> SubjectName {
        "panics once".into()
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        assert_ne!(call, self.call, "the call of this number");
        JUDGE.update(checksum, message)
    }
}

#[test]
fn a_call_that_is_stopped_once_is_a_finding_of_every_check() {
    silence_caught_panics();
    let control = Control::default();
    let makes_calls = [
        checks::agree::ID,
        checks::guard::ID,
        checks::slack::ID,
        checks::split::ID,
        checks::history::ID,
        checks::abi::ID,
        checks::paint::ID,
        checks::affine::ID,
        checks::basis::ID,
    ];
    for (index, check) in makes_calls.into_iter().enumerate() {
        let subject = PanicsAt {
            call: 50 + index * 31,
            calls: AtomicUsize::new(0),
        };
        let subjects: [Box<dyn Subject>; 1] = [Box::new(subject)];
        let plan = Plan {
            max_stack_bytes: None,
            is_scaled: true,
            depth: Depth::of(DepthName::Quick),
            checks: CheckSet::from_iter([check]),
            seed: 1,
        };
        let results = run::run(&subjects, &plan, &control).expect("a run");
        let [result] = &results[0][..] else {
            panic!("one check: {results:?}")
        };
        // Audited calls are of x86-64.
        let is_planned = !matches!(result.ending, Ending::Skipped(_));
        let crashes = result.groups.iter().map(|group| group.finding.kind);
        assert_eq!(crashes.eq([Kind::Crash]), is_planned, "{check}: {result:?}");
    }
}
