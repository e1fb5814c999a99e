//! A table with your own check, which is planned, run, minimized, replayed, reported and certified
//! like any other.

use crcheck_harness::check::case::Case;
use crcheck_harness::check::check_result::{CheckResult, Ending};
use crcheck_harness::check::checks::{self, Check, CheckSet};
use crcheck_harness::check::control::Control;
use crcheck_harness::check::depth::{Depth, DepthName};
use crcheck_harness::check::examiner::Examiner;
use crcheck_harness::check::finding::Finding;
use crcheck_harness::check::plan::Plan;
use crcheck_harness::check::run;
use crcheck_harness::check::session::Session;
use crcheck_harness::check::verification::SubjectPlan;
use crcheck_harness::oracle::judge::Judge;
use crcheck_harness::oracle::model::Model;
use crcheck_harness::oracle::slicing_16::Slicing16;
use crcheck_harness::report::certificate::{self, Certificate, CodeFile};
use crcheck_harness::report::verdict::Verdict;
use crcheck_harness::report::{self, Facts, Report, Scaled};
use crcheck_harness::subject::Capabilities;
use crcheck_harness::subject::{CheckId, FILLS, Kind, Pace, Rate, Subject, SubjectName};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, LazyLock};

static JUDGE: LazyLock<Slicing16> = LazyLock::new(|| Slicing16::new(&Model::CRC_32_ISO_HDLC));

/// A kernel that ignores the last of 7 bytes, or is right.
struct Kernel {
    is_right: bool,
    pace: Pace,
}

const RIGHT: Kernel = Kernel {
    is_right: true,
    pace: Pace::Native,
};

const WRONG: Kernel = Kernel {
    is_right: false,
    ..RIGHT
};

impl Subject for Kernel {
    fn name(&self) -> SubjectName {
        "kernel".into()
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        let is_cut = !self.is_right && message.len() == 7;
        JUDGE.update(checksum, if is_cut { &message[..6] } else { message })
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            pace: self.pace,
            ..Capabilities::default()
        }
    }
}

const SEVEN: CheckId = CheckId::new("seven");

const MESSAGES: usize = 5;

/// Messages of seven bytes are right.
static CHECK: Check = Check {
    kinds: &[Kind::WrongValue],
    unplanned: |_, depth| (depth.length_max < 7).then(|| "seven bytes are too long".to_owned()),
    coverage: Some(|depth, _| format!("{MESSAGES} messages of 7 of {} bytes", depth.length_max)),
    ..Check::new(SEVEN, "messages of seven bytes are right", 99, visit, judge)
};

fn visit(session: &mut Session<'_>) {
    let mut rng = session.rng(0);
    for _ in 0..MESSAGES {
        let mut message = vec![0; 7];
        rng.fill(&mut message);
        let case = Case {
            message,
            ..Case::default()
        };
        let expected = session.expected_checksum(&case);
        session.examine(&case, |examiner, found| {
            judge(examiner, &case, expected, found)
        });
    }
}

fn judge(examiner: &mut Examiner<'_>, case: &Case, expected: u64, found: &mut dyn FnMut(Finding)) {
    let checksum = examiner.checksum_in(case);
    let caller = &mut examiner.caller;
    match caller.call(case.placement, checksum, &case.message, FILLS[0]) {
        Ok(got) if got == expected => {}
        Ok(got) => {
            let wrong = examiner.wrong(SEVEN, Kind::WrongValue, case);
            found(wrong.values(expected, got).says("is wrong at seven bytes"));
        }
        Err(stop) => found(examiner.stopped(case, stop)),
    }
}

/// A table of this check and of a known one.
static TABLE: &[&Check] = &[&checks::slack::CHECK, &CHECK];

fn plan() -> Plan {
    certificate::plan(CheckSet::of(TABLE), 1, None)
}

fn run_plan(kernel: Kernel) -> (Vec<CheckResult>, Report) {
    let plan = Plan {
        depth: Depth::of(DepthName::Quick),
        ..plan()
    };
    run_one(&plan, kernel)
}

fn run_one(plan: &Plan, kernel: Kernel) -> (Vec<CheckResult>, Report) {
    let control = Control::default();
    let subjects: [Box<dyn Subject>; 1] = [Box::new(kernel)];
    let results = run::run(&subjects, plan, &control).expect("a run");
    let results: Vec<CheckResult> = results.into_iter().flatten().collect();
    let report = Report::new(Facts {
        scaled: Scaled::of(plan, &subjects),
        ..Facts::of_run(plan, Model::CRC_32_ISO_HDLC, &results)
    });
    (results, report)
}

#[test]
fn a_check_of_a_table_is_planned_where_it_suits() {
    let planned = |kernel: &Kernel| {
        let plan = SubjectPlan::of(kernel, &plan());
        let ids = |checks: Vec<&Check>| checks.iter().map(|check| check.id).collect::<Vec<_>>();
        let skipped = plan.skipped.into_iter().map(|(check, _)| check);
        (ids(plan.made), ids(skipped.collect()))
    };
    assert_eq!(planned(&RIGHT), (vec![checks::slack::ID, SEVEN], vec![]));
    assert_eq!(
        CheckSet::of(TABLE)
            .without(checks::slack::ID)
            .iter()
            .count(),
        1
    );
    let short = Plan {
        depth: Depth {
            length_max: 6,
            ..Depth::of(DepthName::Quick)
        },
        ..plan()
    };
    let skipped = SubjectPlan::of(&RIGHT, &short).skipped;
    assert_eq!(skipped[0].1, "seven bytes are too long");
}

#[test]
fn a_check_of_a_table_is_run_minimized_and_reported() {
    let (results, report) = run_plan(WRONG);
    let [slack, seven] = &results[..] else {
        panic!("two checks: {results:?}")
    };
    assert!(slack.groups.is_empty(), "`slack` does not judge values");
    assert_eq!((seven.check, &seven.ending), (SEVEN, &Ending::Complete));
    assert_eq!((seven.cells, seven.calls), (1, MESSAGES as u64));
    let [group] = &seven.groups[..] else {
        panic!("one cause")
    };
    // The check's own judge shows the finding on the simplest case.
    assert_eq!(group.finding.case.message, [0; 7]);
    assert_ne!(group.first.case.message, [0; 7]);
    assert_eq!(report.verdict, Verdict::Fail);
    let text = report::human(&report);
    assert!(text.contains("  fail       seven"), "{text}");
    assert!(text.contains("FINDING wrong-value: kernel"), "{text}");
    let junit = report::junit(&report);
    assert!(junit.contains("testcase name=\"seven\""), "{junit}");
    let json = report::json(&report, false);
    assert!(json.contains("\"id\":\"seven\""), "{json}");
}

#[test]
fn a_check_of_a_table_is_certified_by_its_own_sentence() {
    let (_, report) = run_plan(RIGHT);
    let code = CodeFile::hash(None).unchanged().expect("this program");
    let certificate = Certificate::new(&RIGHT, code, &plan(), &report);
    let certificate = certificate.expect("this program is read").expect("a pass");
    let text = certificate.text();
    assert!(
        text.contains("seven   5 messages of 7 of 4096 bytes"),
        "{text}"
    );
}

/// A certificate says what a run visited, which is less for a slow subject.
#[test]
fn the_sentences_and_the_bound_of_a_certificate_are_those_of_the_visited_cells() {
    let certify = |pace| {
        let kernel = || Kernel { pace, ..RIGHT };
        let plan = Plan {
            depth: Depth {
                messages: 3,
                ..Depth::of(DepthName::Quick)
            },
            ..certificate::plan(CheckSet::none().with(checks::agree::ID), 1, None)
        };
        let (_, report) = run_one(&plan, kernel());
        let code = CodeFile::hash(None).unchanged().expect("this program");
        let certificate = Certificate::new(&kernel(), code, &plan, &report);
        certificate.expect("this program is read").expect("a pass")
    };
    let native = certify(Pace::Native);
    let text = native.text();
    assert!(
        text.contains("every length 0..=640 at all 64 alignments with 3 random"),
        "{text}"
    );
    assert!(
        text.contains("every length to 4097 at one alignment or more"),
        "{text}"
    );
    assert!(
        text.contains(" lengths beyond, to 2 MiB; 128 of the lengths above 4096 bytes were drawn"),
        "{text}"
    );
    assert!(text.contains("all starts across a page border"), "{text}");
    assert!(
        text.contains("missed with p <= 2^-3 per cell of length 0..=640 at all 64"),
        "{text}"
    );
    let slow = certify(Pace::Measured(Rate {
        calls_per_second: 100.0,
        bytes_per_second: 1e6,
    }));
    let text = slow.text();
    let Some(dense) = slow.covered[0].visited.dense else {
        panic!("{text}")
    };
    assert_eq!((dense.alignments, dense.messages), (1, Some(2)));
    assert!((16..100).contains(&dense.to), "{text}");
    let visited = format!(
        "every length 0..={} at one alignment with 2 random",
        dense.to
    );
    let bound = format!("2^-2 per cell of length 0..={} at one alignment", dense.to);
    for said in [&visited, &bound] {
        assert!(text.contains(said), "{text}");
    }
    for said in ["64 alignments", "640", "page border"] {
        assert!(!text.contains(said), "{text}");
    }
}

/// A depth that is asked for is not cut, and a scaled one says so in the last line.
#[test]
fn only_a_plan_that_may_be_scaled_is_cut_for_a_slow_subject() {
    let rate = Rate {
        calls_per_second: 100.0,
        bytes_per_second: 1e6,
    };
    let judge = |is_scaled| {
        let kernel = Kernel {
            pace: Pace::Measured(rate),
            ..RIGHT
        };
        let plan = Plan {
            depth: Depth::of(DepthName::Quick),
            is_scaled,
            ..certificate::plan(CheckSet::none().with(checks::agree::ID), 1, None)
        };
        run_one(&plan, kernel).1
    };
    let (whole, scaled) = (judge(false), judge(true));
    let dense = |report: &Report| report.checks[0].visited.dense.expect("lengths");
    assert_eq!((dense(&whole).to, dense(&whole).alignments), (640, 64));
    assert!(whole.scaled.is_empty(), "{:?}", whole.scaled);
    assert!(dense(&scaled).to < 100);
    let text = report::human(&scaled);
    let last = text.lines().last().expect("a verdict");
    let to = dense(&scaled).to;
    let said = format!(
        "scaled: `agree` has 2 random messages at every length 0..={to} and one alignment \
         instead of 2 at 0..=640 and all 64 alignments"
    );
    assert!(
        last.contains(&said) && last.contains("at 100 calls/s"),
        "{last}"
    );
}

/// A run that was stopped has the bound of what it visited, not that of its plan.
#[test]
fn a_stopped_run_claims_only_what_it_visited() {
    let cancelled = Arc::new(AtomicBool::new(true));
    let plan = Plan {
        depth: Depth::of(DepthName::Quick),
        ..certificate::plan(CheckSet::none().with(checks::agree::ID), 1, None)
    };
    let control = Control {
        cancelled: &cancelled,
        ..Control::default()
    };
    let subjects: [Box<dyn Subject>; 1] = [Box::new(RIGHT)];
    let results = run::run(&subjects, &plan, &control)
        .expect("a run")
        .concat();
    let report = Report::new(Facts::of_run(&plan, Model::CRC_32_ISO_HDLC, &results));
    assert_eq!(report.verdict, Verdict::Incomplete);
    assert_eq!(report.checks[0].bound, None);
    assert_eq!(report.checks[0].visited, results[0].visited);
    assert_eq!(report.checks[0].visited.longest, None);
}
