//! What ends a run early, and what is then known.

use crcheck_check::check_result::{CheckResult, Ending};
use crcheck_check::checks::{self, CheckSet};
use crcheck_check::control::{AfterFinding, Control, Event};
use crcheck_check::depth::{Depth, DepthName};
use crcheck_check::fuzz::Target;
use crcheck_check::halt::Why;
use crcheck_check::plan::Plan;
use crcheck_check::run;
use crcheck_check::saved::load::{Content, Item};
use crcheck_check::saved::{corpus, replay};
use crcheck_check::verification::{self, Seeds};
use crcheck_kernel::Tier;
use crcheck_subject::{Subject, SubjectName, TierSubject};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// A kernel that is wrong everywhere.
struct Wrong(TierSubject);

impl Subject for Wrong {
    fn name(&self) -> SubjectName {
        "wrong".into()
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        self.0.update(checksum, message) ^ 1
    }
}

fn portable() -> TierSubject {
    TierSubject::native(Tier::Portable).expect("every CPU has it")
}

fn plan(checks: CheckSet) -> Plan {
    Plan {
        depth: Depth::of(DepthName::Quick),
        is_scaled: true,
        checks,
        seed: 1,
        max_stack_bytes: None,
    }
}

fn items(count: usize) -> Vec<Item> {
    let seeds = corpus::seeds(Target::KernelVsOracle).into_iter();
    let items = seeds.map(|(name, bytes)| Item {
        path: name.into(),
        content: Content::Input(Target::KernelVsOracle, bytes),
    });
    items.take(count).collect()
}

fn are_stopped(results: &[CheckResult]) -> bool {
    !results.is_empty()
        && results.iter().all(|result| match &result.ending {
            Ending::Stopped(_) => true,
            // What does not apply to a subject does not apply to one that did not begin.
            Ending::Skipped(skip) => !skip.applies,
            _ => false,
        })
}

#[test]
fn a_run_that_is_over_calls_nobody_and_is_complete_nowhere() {
    let cancelled = Control {
        cancelled: &Arc::new(AtomicBool::new(true)),
        ..Control::default()
    };
    let late = Control {
        deadline: Some(Instant::now()),
        ..Control::default()
    };
    for control in [cancelled, late] {
        let wrong: Box<dyn Subject> = Box::new(Wrong(portable()));
        let subjects = [wrong, Box::new(portable())];
        let plan = plan(CheckSet::all());
        let results = run::run(&subjects, &plan, &control).expect("a run");
        assert_eq!(results.len(), 2);
        for results in results {
            assert_eq!(results.len(), CheckSet::all().iter().count());
            assert!(are_stopped(&results));
            assert!(results.iter().all(|result| result.groups.is_empty()));
        }
        let all = CheckSet::all();
        let replayed = replay::replay(&items(3), &subjects, all, &control, &mut |_, _| {
            panic!("nobody is called")
        });
        let replayed = replayed.expect("a replay");
        assert!(replayed.results.len() == 2 && are_stopped(&replayed.results));
        assert_eq!(replayed.without_subject, 0, "they were not looked at");
    }
}

#[test]
fn a_replay_stops_at_the_next_case_with_what_it_has_found() {
    let cancelled = Arc::new(AtomicBool::new(false));
    let control = Control {
        cancelled: &cancelled,
        ..Control::default()
    };
    let subjects: [Box<dyn Subject>; 1] = [Box::new(Wrong(portable()))];
    let mut found_in = Vec::new();
    let mut on_found = |item: &Item, _: &_| {
        found_in.push(item.path.clone());
        cancelled.store(true, Ordering::Relaxed);
    };
    let items = items(3);
    let all = CheckSet::all();
    let replayed = replay::replay(&items, &subjects, all, &control, &mut on_found);
    let replayed = replayed.expect("a replay");
    found_in.dedup();
    assert_eq!(found_in, [items[0].path.clone()]);
    assert!(are_stopped(&replayed.results));
    assert!(
        replayed
            .results
            .iter()
            .any(|result| !result.groups.is_empty())
    );
}

/// Otherwise a run whose plan is complete would pass, although nobody has judged the seeds.
#[test]
fn a_run_that_ends_before_its_seeds_is_incomplete() {
    let cancelled = Arc::new(AtomicBool::new(false));
    let on_event = |event: &Event<'_>| {
        if let Event::Ended(_) = event {
            cancelled.store(true, Ordering::Relaxed);
        }
    };
    let control = Control {
        cancelled: &cancelled,
        on_event: &on_event,
        ..Control::default()
    };
    let subjects: [Box<dyn Subject>; 1] = [Box::new(portable())];
    let plan = plan(CheckSet::none().with(checks::agree::ID));
    for (seeds, ending) in [
        (Seeds::Judged, Ending::Stopped(Why::Interrupt.into())),
        (Seeds::LeftOut, Ending::Complete),
    ] {
        cancelled.store(false, Ordering::Relaxed);
        let saved = Vec::new();
        let results = verification::judge(&subjects, &plan, saved, seeds, &control, &mut |_| {});
        let results = results.expect("a run");
        let is_so = results.iter().any(|result| result.ending == ending);
        assert!(is_so, "{seeds:?}: {results:?}");
    }
}

#[test]
fn fail_fast_ends_at_the_first_finding() {
    let control = Control {
        after_finding: AfterFinding::End,
        ..Control::default()
    };
    // A check of the subjects beside it may end meanwhile.
    let subjects: [Box<dyn Subject>; 3] = [
        Box::new(Wrong(portable())),
        Box::new(portable()),
        Box::new(portable()),
    ];
    let plan = plan(CheckSet::all().without(checks::threads::ID));
    let results = verification::judge(
        &subjects,
        &plan,
        items(3),
        Seeds::Judged,
        &control,
        &mut |_| {},
    );
    let results = results.expect("a run");
    let groups = results.iter().flat_map(|result| &result.groups);
    assert_eq!(groups.count(), 1);
    let ended = Why::Finding {
        of: checks::agree::ID,
    };
    let why = |result: &CheckResult| match &result.ending {
        Ending::Stopped(halt) => Some(halt.why),
        _ => None,
    };
    let is_ended = |result: &&CheckResult| why(result) == Some(ended);
    let wrong = results.iter().filter(|one| one.subject == "wrong");
    let (agree, others): (Vec<_>, Vec<_>) = wrong.partition(|one| one.check == checks::agree::ID);
    assert!(agree.iter().all(is_ended) && agree[0].groups[0].diagnosis.is_some());
    // What comes before `agree` has ended.
    let visited = others.iter().filter(|one| one.cells > 0);
    assert!(visited.clone().all(|one| one.check == checks::dispatch::ID));
    let last = results
        .iter()
        .rev()
        .find(is_ended)
        .expect("a check that was not visited");
    // `huge` is in no plan of this depth.
    assert_eq!((last.check, last.cells), (checks::basis::ID, 0));
}

#[test]
fn a_finding_ends_the_run_by_the_name_of_the_check_that_met_it() {
    let control = Control {
        after_finding: AfterFinding::End,
        ..Control::default()
    };
    let subjects: [Box<dyn Subject>; 1] = [Box::new(Wrong(portable()))];
    let checks = CheckSet::none().with(checks::guard::ID);
    let results = run::run(&subjects, &plan(checks.with(checks::split::ID)), &control);
    let results = results.expect("a run").concat();
    let ended = Why::Finding {
        of: checks::guard::ID,
    };
    assert_eq!(results[0].groups[0].finding.check, checks::agree::ID);
    for result in results {
        let Ending::Stopped(halt) = result.ending else {
            panic!("{}: {:?}", result.check, result.ending);
        };
        assert_eq!(halt.why, ended);
    }
}

#[test]
fn a_subject_that_did_not_begin_skips_what_does_not_apply() {
    let late = Control {
        deadline: Some(Instant::now()),
        ..Control::default()
    };
    let plan = plan(CheckSet::all());
    let subjects: [Box<dyn Subject>; 1] = [Box::new(Wrong(portable()))];
    let results = run::run(&subjects, &plan, &late).expect("a run").concat();
    for (result, check) in results.iter().zip(plan.checks.iter()) {
        let skip = run::skip_of(check, subjects[0].as_ref(), &plan.depth);
        let is_skipped = matches!(result.ending, Ending::Skipped(_));
        assert_eq!(is_skipped, skip.is_some(), "{}", check.id);
    }
    assert!(
        results
            .iter()
            .any(|one| one.check == checks::huge::ID && matches!(one.ending, Ending::Skipped(_)))
    );
}

#[test]
fn an_accepted_finding_does_not_end_the_run() {
    let control = Control {
        after_finding: AfterFinding::End,
        is_accepted: &|_| true,
        ..Control::default()
    };
    let subjects: [Box<dyn Subject>; 1] = [Box::new(Wrong(portable()))];
    let checks = CheckSet::none().with(checks::agree::ID);
    let plan = plan(checks.with(checks::split::ID));
    let results = run::run(&subjects, &plan, &control)
        .expect("a run")
        .concat();
    assert_eq!(results.len(), 2);
    for result in results {
        assert!(!result.groups.is_empty() && result.ending == Ending::Complete);
    }
}

#[test]
fn the_first_finding_stops_a_run_that_asks_for_it_and_is_still_minimized() {
    let calls = |after_finding| {
        let control = Control {
            after_finding,
            ..Control::default()
        };
        let subjects: [Box<dyn Subject>; 1] = [Box::new(Wrong(portable()))];
        let plan = plan(CheckSet::all());
        let results = run::run(&subjects, &plan, &control)
            .expect("a run")
            .concat();
        let groups = results.iter().flat_map(|result| &result.groups);
        let findings: Vec<_> = groups.collect();
        assert!(findings.iter().all(|group| group.diagnosis.is_some()));
        assert!(
            findings[0].finding.case.message.is_empty(),
            "the smallest case"
        );
        let calls = results.iter().map(|result| result.calls).sum::<u64>();
        (findings.len(), calls)
    };
    let (all, few) = (calls(AfterFinding::GoOn), calls(AfterFinding::End));
    assert_eq!(few.0, 1);
    assert!(all.0 > 1 && few.1 < all.1 / 10, "{few:?} of {all:?}");
}
