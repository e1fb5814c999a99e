//! A run: it judges every subject by every check of a plan.

use crate::check_result::{CheckResult, Ending, Skip};
use crate::checks::{self, Check, CheckSet};
use crate::control::{Control, Event};
use crate::depth::Depth;
use crate::describer::Describer;
use crate::examiner::Examiner;
use crate::finding::Finding;
use crate::group::{At, Group};
use crate::halt::Why;
use crate::length_rule::{JudgedAt, Scope};
use crate::minimize;
use crate::plan::Plan;
use crate::same_cause;
use crate::session::{Current, Session};
use crate::tally::Tally;
use crcheck_oracle::panel::{Disqualified, Panel};
use crcheck_platform::emulation::is_emulated;
use crcheck_platform::message_memory::LENGTH_MAX;
use crcheck_subject::{Kind, Subject, SubjectName};
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// Why a run does not start.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The judges of the model do not qualify.
    #[error("the judges did not qualify: {0}")]
    Judges(#[from] Disqualified),
    /// The operating system refused the message memory.
    #[error("cannot map message memory: {0}")]
    Memory(#[from] io::Error),
}

/// Judges every subject by the plan, and returns the results in the order of the subjects.
///
/// Subjects run side by side, one thread each; under an emulator they run one after the other. One
/// thread at a time calls a subject, except in the check `threads`.
///
/// # Errors
/// If a run does not start.
///
/// # Panics
/// If the judges differ on a case: that is a bug of theirs, and says nothing about a subject.
pub fn run(
    subjects: &[Box<dyn Subject>],
    plan: &Plan,
    control: &Control<'_>,
) -> Result<Vec<Vec<CheckResult>>, RunError> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<_>> = Mutex::new(subjects.iter().map(|_| None).collect());
    let threads = if is_emulated() {
        1
    } else {
        std::thread::available_parallelism().map_or(1, usize::from)
    };
    let threads = threads.min(subjects.len());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(subject) = subjects.get(index) else {
                        break;
                    };
                    let results = run_subject(subject.as_ref(), plan, control);
                    done.lock().expect("no panic while held")[index] = Some(results);
                }
            });
        }
    });
    let done = done.into_inner().expect("no panic while held");
    done.into_iter()
        .map(|results| results.expect("every subject was taken"))
        .collect()
}

fn run_subject(
    subject: &dyn Subject,
    plan: &Plan,
    control: &Control<'_>,
) -> Result<Vec<CheckResult>, RunError> {
    if control.should_stop() {
        return Ok(not_begun(subject, plan, control.why()));
    }
    let panel = Panel::qualify(&subject.model())?;
    let (depth, limit) = (plan.depth_for(subject), plan.max_stack_bytes);
    let mut session = Session::new(subject, &panel, depth, plan.seed, limit, control)?;
    let mut describer = Describer::new(checks::explain);
    let run_one = |check| {
        let result = run_check(&mut session, check, plan.checks, &mut describer);
        session.note_explained(&result);
        result
    };
    let mut results: Vec<CheckResult> = plan.checks.iter().map(run_one).collect();
    if !control.is_cancelled() {
        let examiner = &mut session.examiner;
        examiner.caller.renew(&control.until_described());
        same_cause::join(examiner, &mut results, describer.of_signature());
    }
    Ok(results)
}

/// The results of a subject whose checks were stopped before they began. Those that do not apply to
/// it are skipped, as in a run that goes on.
fn not_begun(subject: &dyn Subject, plan: &Plan, why: Why) -> Vec<CheckResult> {
    let depth = plan.depth_for(subject);
    let mut results = stopped(&subject.name(), plan.checks, why);
    for (result, check) in results.iter_mut().zip(plan.checks.iter()) {
        result.executed_by = subject.capabilities().executed_by.here();
        if let Some(skip) = skip_of(check, subject, &depth) {
            result.ending = Ending::Skipped(skip);
        }
    }
    results
}

/// The results of checks that were stopped before they began.
pub fn stopped(subject: &SubjectName, checks: CheckSet, why: Why) -> Vec<CheckResult> {
    let stopped = |check: &Check| CheckResult {
        ending: Ending::Stopped(why.into()),
        ..CheckResult::new(subject.clone(), check.id)
    };
    checks.iter().map(stopped).collect()
}

/// Why a plan of this depth skips `check` for `subject`; `None` if it does not.
pub fn skip_of(check: &Check, subject: &dyn Subject, depth: &Depth) -> Option<Skip> {
    let unsuited = (check.unsuited)(&subject.capabilities());
    let inapplicable = unsuited.or_else(|| (check.unplanned)(subject, depth));
    let inapplicable = inapplicable.map(Skip::inapplicable);
    inapplicable.or_else(|| (check.unavailable)().map(Skip::here))
}

/// Runs one check of a subject.
fn run_check(
    session: &mut Session<'_>,
    check: &Check,
    checks: CheckSet,
    describer: &mut Describer,
) -> CheckResult {
    let subject = session.subject();
    let (name, on_event) = (subject.name(), session.control().on_event);
    on_event(&Event::Begins {
        subject: &name,
        check: check.id,
    });
    let begun = Instant::now();
    session.begin(current(check));
    let entered = subject.entered();
    let executed = session.examiner.instructions();
    match skip_of(check, subject, &session.depth()) {
        Some(skip) => session.skip(skip),
        None if session.should_stop() => {}
        None if check.relies_on_signals => run_with_signals(session, check),
        None => (check.run)(session),
    }
    let is_entered = entered.is_none() || subject.entered() != entered;
    let tally = session.end();
    let mut result = result_of(session, check, checks, describer, tally, is_entered);
    result.time = begun.elapsed();
    let now = session.examiner.instructions();
    result.instructions = now.zip(executed).map(|(now, before)| now - before);
    on_event(&Event::Ended(&result));
    result
}

fn current(check: &Check) -> Current {
    Current {
        id: check.id,
        stream: check.stream,
        defers_to_agree: check.defers_to_agree,
    }
}

/// Runs a check that relies on signals. If the subject has kept them from the harness, the harness
/// has them again now, and the check runs once more: a runtime takes them in its first call only.
fn run_with_signals(session: &mut Session<'_>, check: &Check) {
    (check.run)(session);
    if session.examiner.caller.take_blindness().is_none() || session.has_ended_early() {
        return;
    }
    session.begin(current(check));
    (check.run)(session);
    let blindness = session.examiner.caller.take_blindness();
    if !session.has_ended_early() {
        session.tally().blindness = blindness;
    }
}

/// The result of a check, with the smallest case of each finding and its description.
fn result_of(
    session: &mut Session<'_>,
    check: &Check,
    checks: CheckSet,
    describer: &mut Describer,
    mut tally: Tally,
    is_entered: bool,
) -> CheckResult {
    let (visited, halt) = (tally.visited(), tally.halt());
    let judged = if tally.groups.is_empty() {
        JudgedAt::default()
    } else {
        tally.judged()
    };
    let control = session.control();
    for group in &mut tally.groups {
        // Somebody waits for the end: the finding stays as it was found.
        if !control.is_cancelled() {
            let examiner = &mut session.examiner;
            let Finding {
                check: of, kind, ..
            } = group.finding;
            let judged = Scope::of(check.id, of, kind).map(|scope| (&judged, scope));
            minimize_and_describe(examiner, group, checks, describer, judged, control);
        }
        // The plan may not have visited the smallest case.
        let (kind, at) = (group.finding.kind, At::of(&group.finding));
        if kind != Kind::WrongDispatch {
            tally.map.mark_smallest(kind, at.cell_length, at.placement);
        }
    }
    let account = session.examiner.caller.account();
    let ending = if let Some(skip) = tally.skipped {
        Ending::Skipped(skip)
    } else if let Some(unmodelled) = account.as_ref().and_then(|one| one.unmodelled.as_ref()) {
        Ending::not_modelled(unmodelled)
    } else if !tally.blindness.is_none() {
        Ending::prevented_by(tally.blindness)
    } else if let Some(halt) = halt {
        Ending::Stopped(halt)
    } else if check.enters_code && !is_entered {
        Ending::NotEntered
    } else if let Some(thinned) = tally.thinning.and_then(|one| one.thinned()) {
        Ending::Thinned(thinned)
    } else {
        Ending::Complete
    };
    CheckResult {
        ending,
        sampled: tally.sampled,
        executed_by: session.subject().capabilities().executed_by.here(),
        account,
        cells: tally.cells.count(),
        calls: tally.calls,
        bound: tally.bound,
        stack: tally.stack,
        races: tally.races,
        left_out: tally.left_out,
        groups: tally.groups,
        map: Arc::new(tally.map.runs()),
        length_max: session.subject().capabilities().length_max,
        visited,
        ..CheckResult::new(session.subject().name(), check.id)
    }
}

/// Finds the smallest case of a finding, and what is known about its cause. If the diagnosis meets
/// a shorter wrong answer, that is where the minimizer begins once more.
fn minimize_and_describe(
    examiner: &mut Examiner<'_>,
    group: &mut Group,
    checks: CheckSet,
    describer: &mut Describer,
    judged: Option<(&JudgedAt, Scope)>,
    control: &Control<'_>,
) {
    examiner.caller.renew(&control.until_described());
    group.finding = minimize::minimize(examiner, &group.finding, checks, control);
    examiner.caller.renew(&control.until_described());
    group.describe(examiner, describer, judged);
    let Some(shorter) = group.shorter_case(examiner.model()) else {
        return;
    };
    examiner.caller.renew(&control.until_described());
    let finding = &group.finding;
    if let Some(smaller) = minimize::minimize_from(examiner, finding, shorter, checks, control) {
        group.finding = smaller;
        examiner.caller.renew(&control.until_described());
        // The plan has not visited this case.
        group.describe(examiner, describer, None);
    }
}

/// Replaces the saved case of each finding of a replay by the smallest one, until `control` is
/// cancelled.
///
/// # Errors
/// If a run does not start.
pub fn minimize_results(
    subjects: &[Box<dyn Subject>],
    checks: CheckSet,
    mut results: Vec<CheckResult>,
    control: &Control<'_>,
) -> Result<Vec<CheckResult>, RunError> {
    for subject in subjects {
        if control.is_cancelled() {
            break;
        }
        let panel = Panel::qualify(&subject.model())?;
        let mut examiner = Examiner::new(subject.as_ref(), &panel, LENGTH_MAX)?;
        let mut describer = Describer::new(checks::explain);
        for result in &mut results {
            if result.subject != subject.name() {
                continue;
            }
            let begun = Instant::now();
            for group in &mut result.groups {
                if control.is_cancelled() {
                    break;
                }
                minimize_and_describe(&mut examiner, group, checks, &mut describer, None, control);
            }
            result.time += begun.elapsed();
            result.join_account(examiner.caller.account());
        }
        if !control.is_cancelled() {
            let is_own = |result: &CheckResult| result.subject == subject.name();
            for own in results.chunk_by_mut(|one, other| is_own(one) == is_own(other)) {
                if own.first().is_some_and(is_own) {
                    same_cause::join(&mut examiner, own, describer.of_signature());
                }
            }
        }
    }
    Ok(results)
}
