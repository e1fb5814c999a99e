//! The harness judged: does each fault turn its check red, does each good kernel stay green, and
//! does a fault go unnoticed without its check?

use crate::expect::{Expect, Judgement};
use crate::library::{self, Library};
use crate::specimen::{Shelf, specimens};
use crate::{Necessity, Specimen, good};
use crcheck_harness::check::{CheckId, CheckSet};
use crcheck_harness::diagnose::{Call, Diagnosis};
use crcheck_harness::finding::Kind;
use crcheck_harness::memory::Placement;
use crcheck_harness::plan::{Depth, DepthName};
use crcheck_harness::probe::{FILLS, Probe};
use crcheck_harness::rng::SplitMix64;
use crcheck_harness::run::{self, CheckResult, Control, Ending, Group, Plan, RunError};
use crcheck_harness::subject::Subject;
use crcheck_harness::worker::{DEADLINE, Launch};
use std::fmt;
use std::rc::Rc;

/// What was expected of one exhibit, and what came.
#[derive(Clone, Debug)]
pub struct Row {
    /// The exhibit's name on the command line.
    pub name: String,
    /// The check that must catch it; `None` for a good kernel.
    pub expected: Option<CheckId>,
    /// The checks that it was put through.
    pub checks: CheckSet,
    /// What was found, by check and kind.
    pub found: Vec<(CheckId, Kind)>,
    /// With the check off: what was found all the same. `None` if others have found it too.
    pub found_without: Option<Vec<(CheckId, Kind)>>,
    /// Checks that did not come to an end.
    pub unfinished: Vec<CheckId>,
    /// What was said of it, judged; `None` of what was not found and of good kernels.
    pub diagnosis: Option<Judgement>,
    /// Whether all is as it should be.
    pub outcome: Outcome,
}

/// How a row ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As it should be.
    Right,
    /// The fault went unnoticed by its check.
    Escaped,
    /// It was caught, and its diagnosis says something that is not so.
    Misread,
    /// It was caught, and its diagnosis does not say what it is.
    Unexplained,
    /// A good kernel was accused.
    Accused,
    /// The check is not needed: others found the fault without it.
    NotNeeded,
    /// A check was stopped.
    Unfinished,
    /// It cannot be shown here.
    Skipped(String),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Right => f.write_str("right"),
            Self::Escaped => f.write_str("ESCAPED"),
            Self::Misread => f.write_str("MISREAD"),
            Self::Unexplained => f.write_str("UNEXPLAINED"),
            Self::Accused => f.write_str("ACCUSED"),
            Self::NotNeeded => f.write_str("NOT NEEDED"),
            Self::Unfinished => f.write_str("unfinished"),
            Self::Skipped(reason) => write!(f, "skipped ({reason})"),
        }
    }
}

/// What to judge.
#[derive(Clone, Copy, Debug)]
pub struct Choice<'c> {
    /// Exhibits with this in their name.
    pub only: &'c str,
    /// The seed of what is random, families included.
    pub seed: u64,
    /// The depth at which faults must go unnoticed without their check.
    pub ablation: DepthName,
    /// How worker processes are started, in which shared libraries are called.
    pub worker: Option<&'c Launch>,
}

impl Choice<'_> {
    fn takes(&self, name: &str) -> bool {
        name.contains(self.only)
    }

    /// The faulty kernels, and the library that some are in.
    fn specimens(&self) -> (Vec<Specimen>, Shelf) {
        let shelf = Rc::new(Library::build(self.seed, self.worker));
        let mut specimens = specimens(self.seed, &shelf);
        specimens.retain(|specimen| self.takes(&specimen.name));
        (specimens, shelf)
    }
}

/// The exhibits of a choice, a line each.
pub fn list(choice: Choice<'_>) -> String {
    let (specimens, _) = choice.specimens();
    let good: Vec<_> = good()
        .iter()
        .filter(|good| choice.takes(&format!("good:{}", good.name)))
        .collect();
    let faults = specimens.iter().map(|specimen| {
        let Specimen {
            name,
            summary,
            source,
            caught_by,
            ..
        } = specimen;
        format!("{name:<44} {:<9} {summary} ({source})\n", caught_by.name())
    });
    let right = good
        .iter()
        .map(|good| format!("good:{:<39} {:<9} {}\n", good.name, "-", good.summary));
    let is_library = choice.takes(library::GOOD.0);
    let library = is_library.then(|| {
        let what = "slicing by eight in C, in a shared library";
        format!("{:<44} {:<9} {what}\n", library::GOOD.0, "-")
    });
    let drawn = specimens.iter().filter(|one| one.is_drawn()).count();
    let counts = format!(
        "{} faulty kernels, {drawn} of them drawn from the seed; {} good ones\n",
        specimens.len(),
        good.len() + usize::from(is_library)
    );
    faults.chain(right).chain(library).chain([counts]).collect()
}

/// Runs the faults and good kernels of a choice, side by side. The faults at depth `quick`.
///
/// # Errors
/// If a run could not be begun.
pub fn selftest(choice: Choice<'_>, control: &Control<'_>) -> Result<Vec<Row>, RunError> {
    let (chosen, shelf) = choice.specimens();
    let all = Plan {
        depth: Depth::of(DepthName::Quick),
        checks: CheckSet::all(),
        seed: choice.seed,
        max_stack_bytes: None,
    };
    let (shown, hidden): (Vec<_>, Vec<_>) = chosen
        .iter()
        .partition(|specimen| specimen.available().is_ok());
    let (mut shown, lost): (Vec<_>, Vec<_>) = shown
        .into_iter()
        .partition(|specimen| !specimen.loses_processes());
    let subjects: Vec<_> = shown.iter().map(|specimen| specimen.subject()).collect();
    let mut results = run::run(&subjects, &all, control)?;
    let of_lost: Vec<_> = lost.iter().map(|specimen| specimen.subject()).collect();
    let plan = Plan {
        checks: OF_LOST,
        ..all.clone()
    };
    results.extend(run::run(&of_lost, &plan, control)?);
    shown.extend(lost);
    let is_far = |specimen: &Specimen| specimen.caught_by == CheckId::Huge;
    let far = shown.iter().filter(|specimen| is_far(specimen));
    let far: Vec<_> = far.map(|specimen| specimen.subject()).collect();
    let of_far = shown.iter().zip(&mut results);
    let of_far = of_far.filter(|(specimen, _)| is_far(specimen));
    beyond_quick(
        &far,
        of_far.map(|(_, results)| results),
        choice.seed,
        control,
    )?;
    let mut rows: Vec<Row> = shown
        .iter()
        .zip(results)
        .map(|(specimen, results)| row(specimen, &results, choice.seed))
        .collect();
    rows.extend(hidden.into_iter().map(skipped));
    ablate(&shown, &mut rows, choice, control)?;
    rows.extend(good_rows(choice, &shelf, &all, control)?);
    Ok(rows)
}

/// What exhibits that lose processes are put through.
const OF_LOST: CheckSet = CheckSet::EMPTY.with(CheckId::Agree);

/// Adds the check that depth `quick` leaves out to the results of these subjects.
fn beyond_quick<'r>(
    subjects: &[Box<dyn Subject>],
    results: impl Iterator<Item = &'r mut Vec<CheckResult>>,
    seed: u64,
    control: &Control<'_>,
) -> Result<(), RunError> {
    let plan = Plan {
        depth: Depth::of(DepthName::Default),
        checks: CheckSet::EMPTY.with(CheckId::Huge),
        seed,
        max_stack_bytes: None,
    };
    for (results, more) in results.zip(run::run(subjects, &plan, control)?) {
        results.extend(more);
    }
    Ok(())
}

fn skipped(specimen: &Specimen) -> Row {
    Row {
        name: specimen.name.clone(),
        expected: Some(specimen.caught_by),
        checks: CheckSet::EMPTY,
        found: Vec::new(),
        found_without: None,
        unfinished: Vec::new(),
        diagnosis: None,
        outcome: Outcome::Skipped(specimen.available().err().unwrap_or_default()),
    }
}

fn found(results: &[CheckResult]) -> Vec<(CheckId, Kind)> {
    let groups = results.iter().flat_map(|result| &result.groups);
    let mut found: Vec<_> = groups
        .map(|group| (group.finding.check, group.finding.kind))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn made(results: &[CheckResult]) -> CheckSet {
    let made = results
        .iter()
        .filter(|result| !matches!(result.ending, Ending::Skipped(_)));
    made.map(|result| result.check).collect()
}

fn unfinished(results: &[CheckResult]) -> Vec<CheckId> {
    let stopped = results
        .iter()
        .filter(|result| result.ending == Ending::Stopped);
    stopped.map(|result| result.check).collect()
}

fn row(specimen: &Specimen, results: &[CheckResult], seed: u64) -> Row {
    let found = found(results);
    let is_caught = found
        .iter()
        .any(|(check, kind)| *check == specimen.caught_by && specimen.kinds.contains(kind));
    let unfinished = unfinished(results);
    let diagnosis =
        diagnosis(specimen, results).map(|diagnosis| match specimen.expect.judge(diagnosis) {
            Judgement::Right if !predicts(specimen, diagnosis, seed) => {
                Judgement::Wrong(diagnosis.summary.clone())
            }
            judgement => judgement,
        });
    let outcome = match (is_caught, unfinished.is_empty(), &diagnosis) {
        (true, _, Some(Judgement::Right)) => Outcome::Right,
        (true, _, Some(Judgement::Unexplained)) => Outcome::Unexplained,
        (true, ..) => Outcome::Misread,
        (false, true, _) => Outcome::Escaped,
        (false, false, _) => Outcome::Unfinished,
    };
    Row {
        name: specimen.name.clone(),
        expected: Some(specimen.caught_by),
        checks: made(results),
        found,
        found_without: None,
        unfinished,
        diagnosis,
        outcome,
    }
}

/// What was said of the fault: of the values if those are wrong, else of what its check found.
fn diagnosis<'r>(specimen: &Specimen, results: &'r [CheckResult]) -> Option<&'r Diagnosis> {
    let all = |is_race: bool| {
        let of = move |result: &&CheckResult| (result.check == CheckId::Threads) == is_race;
        results.iter().filter(of).flat_map(|result| &result.groups)
    };
    // Of what is wrong without threads too, races meet few lengths.
    let groups = || all(false).chain(all(true));
    let is_meant = |group: &&Group| {
        group.finding.check == specimen.caught_by && specimen.kinds.contains(&group.finding.kind)
    };
    let of_values = groups().find(|group| group.finding.kind == Kind::WrongValue);
    let meant = match specimen.expect {
        Expect::Observed => groups().find(is_meant),
        _ => of_values.or_else(|| groups().find(is_meant)),
    };
    meant?.diagnosis.as_ref()
}

/// Calls that the diagnosis has never seen.
const HELD_BACK: usize = 2000;

/// Whether what was said of the values holds on calls that were held back.
fn predicts(specimen: &Specimen, diagnosis: &Diagnosis, seed: u64) -> bool {
    let Some(cause) = &diagnosis.cause else {
        return true;
    };
    let subject = specimen.subject();
    let mut rng = SplitMix64::labelled(seed, HELD_BACK as u64);
    let mut probe = Probe::new(subject.as_ref(), 1 << 16).expect("memory");
    let calls: Vec<Call> = (0..HELD_BACK)
        .map(|_| {
            let bits = 4 + rng.index(8);
            let mut message = vec![0; rng.index(1 << bits)];
            rng.fill(&mut message);
            Call {
                placement: Placement::aligned(rng.index(64)),
                checksum: rng.next_u64() & subject.model().mask(),
                message,
                fill: FILLS[rng.index(2)],
            }
        })
        .collect();
    let said = cause.answers(&subject.model(), &calls);
    calls.iter().zip(said).all(|(call, said)| {
        let got = probe.call(call.placement, call.checksum, &call.message, call.fill);
        got.is_err() || got == Ok(said)
    })
}

/// Runs each fault that its check alone has found, or alone should find, without that check.
fn ablate(
    shown: &[&Specimen],
    rows: &mut [Row],
    choice: Choice<'_>,
    control: &Control<'_>,
) -> Result<(), RunError> {
    for &check in CheckId::ALL {
        let alone: Vec<(&&Specimen, &mut Row)> = shown
            .iter()
            .zip(&mut *rows)
            .filter(|(fault, row)| {
                let is_alone = row.found.iter().all(|(found_by, _)| *found_by == check);
                let is_tried = fault.caught_by == check && !fault.loses_processes();
                is_tried && (is_alone || fault.necessity == Necessity::Alone)
            })
            .collect();
        let subjects: Vec<Box<dyn Subject>> =
            alone.iter().map(|(fault, _)| fault.subject()).collect();
        let plan = Plan {
            depth: Depth::of(choice.ablation),
            checks: CheckSet::all().without(check),
            seed: choice.seed,
            max_stack_bytes: None,
        };
        for ((fault, row), results) in alone.into_iter().zip(run::run(&subjects, &plan, control)?) {
            let still = found(&results);
            let unfinished = unfinished(&results);
            let is_needed = fault.necessity != Necessity::Alone || still.is_empty();
            if row.outcome == Outcome::Right && !is_needed {
                row.outcome = Outcome::NotNeeded;
            } else if row.outcome == Outcome::Right && !unfinished.is_empty() && still.is_empty() {
                row.outcome = Outcome::Unfinished;
            }
            row.unfinished.extend(unfinished);
            row.found_without = Some(still);
        }
    }
    Ok(())
}

fn good_rows(
    choice: Choice<'_>,
    shelf: &Shelf,
    plan: &Plan,
    control: &Control<'_>,
) -> Result<Vec<Row>, RunError> {
    let mut skipped = None;
    let (mut names, mut subjects) = (Vec::new(), Vec::new());
    for good in good() {
        let name = format!("good:{}", good.name);
        if choice.takes(&name) {
            names.push(name);
            subjects.push(good.subject());
        }
    }
    let (name, symbol) = library::GOOD;
    if choice.takes(name) {
        let subject = shelf
            .as_ref()
            .as_ref()
            .map_err(|needed| format!("it needs {needed}"));
        let subject = subject.and_then(|library| {
            let subject = library.subject(symbol, DEADLINE);
            subject.map_err(|error| error.to_string())
        });
        match subject {
            Ok(subject) => {
                names.push(name.to_owned());
                subjects.push(subject);
            }
            Err(reason) => skipped = Some(of_good(name.to_owned(), &[], Outcome::Skipped(reason))),
        }
    }
    let mut results = run::run(&subjects, plan, control)?;
    beyond_quick(&subjects, results.iter_mut(), plan.seed, control)?;
    let rows = names.into_iter().zip(results).map(|(name, results)| {
        let outcome = match (found(&results).is_empty(), unfinished(&results).is_empty()) {
            (true, true) => Outcome::Right,
            (true, false) => Outcome::Unfinished,
            (false, _) => Outcome::Accused,
        };
        of_good(name, &results, outcome)
    });
    Ok(rows.chain(skipped).collect())
}

fn of_good(name: String, results: &[CheckResult], outcome: Outcome) -> Row {
    Row {
        name,
        expected: None,
        checks: made(results),
        found: found(results),
        found_without: None,
        unfinished: unfinished(results),
        diagnosis: None,
        outcome,
    }
}
