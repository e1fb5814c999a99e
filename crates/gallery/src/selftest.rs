//! The harness judged: does each fault turn its check red, does each good kernel stay green, and
//! does a fault go unnoticed without its check?

use crate::{Fault, Necessity, faults, good};
use crcheck_harness::check::{CheckId, CheckSet};
use crcheck_harness::finding::Kind;
use crcheck_harness::plan::{Depth, DepthName};
use crcheck_harness::run::{self, CheckResult, Control, Ending, Plan, RunError};
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
            Self::Accused => f.write_str("ACCUSED"),
            Self::NotNeeded => f.write_str("NOT NEEDED"),
            Self::Unfinished => f.write_str("unfinished"),
            Self::Skipped(reason) => write!(f, "skipped ({reason})"),
        }
    }
}

/// Runs the faults and good kernels whose name contains `only`, side by side. The faults at depth
/// `quick`, the ablation at depth `ablation`.
///
/// # Errors
/// If a run could not be begun.
pub fn selftest(
    only: &str,
    seed: u64,
    ablation: DepthName,
    control: &Control<'_>,
) -> Result<Vec<Row>, RunError> {
    let mut rows = Vec::new();
    let chosen = || faults().filter(|fault| fault.name.contains(only));
    let shown: Vec<&Fault> = chosen().filter(|fault| fault.available().is_ok()).collect();
    let all = Plan {
        depth: Depth::of(DepthName::Quick),
        checks: CheckSet::all(),
        seed,
        max_stack_bytes: None,
    };
    let subjects: Vec<_> = shown.iter().map(|fault| fault.subject()).collect();
    let mut results = run::run(&subjects, &all, control)?;
    let far: Vec<_> = shown.iter().map(|fault| is_far(fault)).collect();
    beyond_quick(&subjects, &far, &mut results, seed, control)?;
    for (fault, results) in shown.iter().zip(results) {
        rows.push(row(fault, &results));
    }
    for fault in chosen() {
        if let Err(reason) = fault.available() {
            rows.push(Row {
                name: format!("fault:{}", fault.name),
                expected: Some(fault.caught_by),
                found: Vec::new(),
                found_without: None,
                unfinished: Vec::new(),
                outcome: Outcome::Skipped(reason),
            });
        }
    }
    ablate(&shown, &mut rows, seed, ablation, control)?;
    rows.extend(good_rows(only, &all, control)?);
    Ok(rows)
}

/// Whether depth `quick` does not go as far as the fault.
fn is_far(fault: &Fault) -> bool {
    fault.caught_by == CheckId::Huge
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

fn row(fault: &Fault, results: &[CheckResult]) -> Row {
    let found = found(results);
    let is_caught = found
        .iter()
        .any(|(check, kind)| *check == fault.caught_by && fault.kinds.contains(kind));
    let unfinished = unfinished(results);
    let outcome = match (is_caught, unfinished.is_empty()) {
        (true, _) => Outcome::Right,
        (false, true) => Outcome::Escaped,
        (false, false) => Outcome::Unfinished,
    };
    Row {
        name: format!("fault:{}", fault.name),
        expected: Some(fault.caught_by),
        found,
        found_without: None,
        unfinished,
        outcome,
    }
}

/// Runs each fault that its check alone should see without that check.
fn ablate(
    shown: &[&Fault],
    rows: &mut [Row],
    seed: u64,
    depth: DepthName,
    control: &Control<'_>,
) -> Result<(), RunError> {
    for &check in CheckId::ALL {
        let alone: Vec<&&Fault> = shown
            .iter()
            .filter(|fault| fault.caught_by == check && fault.necessity == Necessity::Alone)
            .collect();
        let subjects: Vec<Box<dyn Subject>> = alone.iter().map(|fault| fault.subject()).collect();
        let checks = CheckSet::all().without(check);
        let plan = Plan {
            depth: Depth::of(depth),
            checks,
            seed,
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
            outcome,
        }
    });
    Ok(rows.collect())
}

/// The rows as a table: exhibit, expected, found, found without its check, outcome.
pub fn table(rows: &[Row]) -> String {
    let list = |found: &[(CheckId, Kind)]| {
        let names = found.iter().map(|(check, kind)| format!("{check}:{kind}"));
        let text = names.collect::<Vec<_>>().join(" ");
        if text.is_empty() {
            "-".to_owned()
        } else {
            text
        }
    };
    let mut text = String::new();
    for row in rows {
        let expected = row.expected.map_or("none", CheckId::name);
        let without = row
            .found_without
            .as_deref()
            .map_or("(shared)".to_owned(), list);
        let line = format!(
            "{:<34} expected {expected:<9} {:<10} found {}; without {expected}: {without}\n",
            row.name,
            row.outcome.to_string(),
            list(&row.found),
        );
        text.push_str(&line);
    }
    text
}
