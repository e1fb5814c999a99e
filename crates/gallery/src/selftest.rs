//! The harness judged: does each fault turn its check red, does each good kernel stay green, and
//! does a fault go unnoticed without its check?

use crate::expect::{Expect, Judgement};
use crate::{Necessity, Specimen, good, specimens};
use crcheck_harness::check::{CheckId, CheckSet};
use crcheck_harness::diagnose::{Call, Diagnosis};
use crcheck_harness::finding::Kind;
use crcheck_harness::memory::Placement;
use crcheck_harness::plan::{Depth, DepthName};
use crcheck_harness::probe::{FILLS, Probe};
use crcheck_harness::rng::SplitMix64;
use crcheck_harness::run::{self, CheckResult, Control, Ending, Group, Plan, RunError};
use crcheck_harness::subject::Subject;
use std::fmt;

/// What was expected of one exhibit, and what came.
#[derive(Clone, Debug)]
pub struct Row {
    /// The exhibit's name on the command line.
    pub name: String,
    /// The check that must catch it; `None` for a good kernel.
    pub expected: Option<CheckId>,
    /// What was found, by check and kind.
    pub found: Vec<(CheckId, Kind)>,
    /// With the check off: what was found all the same. `None` if others may see it too.
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
    /// The CPU cannot show the fault.
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
}

/// Runs the faults and good kernels of a choice, side by side. The faults at depth `quick`.
///
/// # Errors
/// If a run could not be begun.
pub fn selftest(choice: Choice<'_>, control: &Control<'_>) -> Result<Vec<Row>, RunError> {
    let chosen: Vec<Specimen> = specimens(choice.seed)
        .into_iter()
        .filter(|specimen| specimen.name.contains(choice.only))
        .collect();
    let all = Plan {
        depth: Depth::of(DepthName::Quick),
        checks: CheckSet::all(),
        seed: choice.seed,
        max_stack_bytes: None,
    };
    let (shown, hidden): (Vec<_>, Vec<_>) = chosen
        .iter()
        .partition(|specimen| specimen.available().is_ok());
    let subjects: Vec<_> = shown.iter().map(|specimen| specimen.subject()).collect();
    let mut results = run::run(&subjects, &all, control)?;
    let far: Vec<_> = shown.iter().map(|specimen| is_far(specimen)).collect();
    beyond_quick(&subjects, &far, &mut results, choice.seed, control)?;
    let mut rows: Vec<Row> = shown
        .iter()
        .zip(results)
        .map(|(specimen, results)| row(specimen, &results, choice.seed))
        .collect();
    rows.extend(hidden.into_iter().map(skipped));
    ablate(&shown, &mut rows, choice, control)?;
    rows.extend(good_rows(choice.only, &all, control)?);
    Ok(rows)
}

/// Whether depth `quick` does not go as far as the fault.
fn is_far(specimen: &Specimen) -> bool {
    specimen.caught_by == CheckId::Huge
}

/// Adds the check that depth `quick` leaves out to the results of the `chosen` subjects.
fn beyond_quick(
    subjects: &[Box<dyn Subject>],
    chosen: &[bool],
    results: &mut [Vec<CheckResult>],
    seed: u64,
    control: &Control<'_>,
) -> Result<(), RunError> {
    let plan = Plan {
        depth: Depth::of(DepthName::Default),
        checks: CheckSet::EMPTY.with(CheckId::Huge),
        seed,
        max_stack_bytes: None,
    };
    for ((subject, results), _) in subjects
        .iter()
        .zip(results)
        .zip(chosen)
        .filter(|(_, is_chosen)| **is_chosen)
    {
        let one = std::slice::from_ref(subject);
        results.extend(run::run(one, &plan, control)?.into_iter().flatten());
    }
    Ok(())
}

fn skipped(specimen: &Specimen) -> Row {
    Row {
        name: specimen.name.clone(),
        expected: Some(specimen.caught_by),
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
        found,
        found_without: None,
        unfinished,
        diagnosis,
        outcome,
    }
}

/// What was said of the fault: of the values if those are wrong, else of what its check found.
fn diagnosis<'r>(specimen: &Specimen, results: &'r [CheckResult]) -> Option<&'r Diagnosis> {
    let groups = || results.iter().flat_map(|result| &result.groups);
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

/// Runs each fault that its check alone should see without that check.
fn ablate(
    shown: &[&Specimen],
    rows: &mut [Row],
    choice: Choice<'_>,
    control: &Control<'_>,
) -> Result<(), RunError> {
    for &check in CheckId::ALL {
        let alone: Vec<&&Specimen> = shown
            .iter()
            .filter(|fault| fault.caught_by == check && fault.necessity == Necessity::Alone)
            .collect();
        let subjects: Vec<Box<dyn Subject>> = alone.iter().map(|fault| fault.subject()).collect();
        let checks = CheckSet::all().without(check);
        let plan = Plan {
            depth: Depth::of(choice.ablation),
            checks,
            seed: choice.seed,
            max_stack_bytes: None,
        };
        for (subject, results) in subjects.iter().zip(run::run(&subjects, &plan, control)?) {
            let name = subject.name();
            let row = rows
                .iter_mut()
                .find(|row| row.name == name)
                .expect("a row of each fault");
            let still = found(&results);
            let unfinished = unfinished(&results);
            if row.outcome == Outcome::Right && !still.is_empty() {
                row.outcome = Outcome::NotNeeded;
            } else if row.outcome == Outcome::Right && !unfinished.is_empty() {
                row.outcome = Outcome::Unfinished;
            }
            row.unfinished.extend(unfinished);
            row.found_without = Some(still);
        }
    }
    Ok(())
}

fn good_rows(only: &str, plan: &Plan, control: &Control<'_>) -> Result<Vec<Row>, RunError> {
    let chosen = good().iter().filter(|good| good.name.contains(only));
    let subjects: Vec<_> = chosen.map(crate::Good::subject).collect();
    let mut results = run::run(&subjects, plan, control)?;
    let all = vec![true; subjects.len()];
    beyond_quick(&subjects, &all, &mut results, plan.seed, control)?;
    let rows = subjects.iter().zip(results).map(|(subject, results)| {
        let (found, unfinished) = (found(&results), unfinished(&results));
        let outcome = match (found.is_empty(), unfinished.is_empty()) {
            (true, true) => Outcome::Right,
            (true, false) => Outcome::Unfinished,
            (false, _) => Outcome::Accused,
        };
        Row {
            name: subject.name(),
            expected: None,
            found,
            found_without: None,
            unfinished,
            diagnosis: None,
            outcome,
        }
    });
    Ok(rows.collect())
}

/// The rows as a table: exhibit, expected check, outcome, what was found, what was said of it, and what
/// was found without the check.
pub fn table(rows: &[Row]) -> String {
    rows.iter().map(line).collect()
}

fn line(row: &Row) -> String {
    let list = |found: &[(CheckId, Kind)]| {
        let names = found.iter().map(|(check, kind)| format!("{check}:{kind}"));
        let text = names.collect::<Vec<_>>().join(" ");
        if text.is_empty() {
            "-".to_owned()
        } else {
            text
        }
    };
    let expected = row.expected.map_or("none", CheckId::name);
    let without = row
        .found_without
        .as_deref()
        .map_or("(shared)".to_owned(), list);
    let diagnosis = match &row.diagnosis {
        None => "-".to_owned(),
        Some(Judgement::Right) => "right".to_owned(),
        Some(Judgement::Unexplained) => "unexplained".to_owned(),
        Some(Judgement::Wrong(said)) => format!("WRONG ({said})"),
    };
    format!(
        "{:<44} expected {expected:<9} {:<11} diagnosis {diagnosis}; found {}; without {expected}: {without}\n",
        row.name,
        row.outcome.to_string(),
        list(&row.found),
    )
}

/// The checks that catch nothing which the others do not catch without them.
pub fn idle_checks(rows: &[Row]) -> Vec<CheckId> {
    let is_needed = |check: CheckId| {
        rows.iter().any(|row| {
            row.expected == Some(check) && row.found_without.as_ref().is_some_and(Vec::is_empty)
        })
    };
    let all = CheckId::ALL.iter().copied();
    all.filter(|&check| !is_needed(check)).collect()
}
