//! What `verify` says of one planted fault: a run of the check that must find it.

use crate::faults;
use crate::planter::Planter;
use crate::spec::FaultSpec;
use crcheck_harness::check::check_result::{CheckResult, Ending};
use crcheck_harness::check::checks::CheckSet;
use crcheck_harness::check::control::Control;
use crcheck_harness::check::depth::{Depth, DepthName};
use crcheck_harness::check::plan::Plan;
use crcheck_harness::check::run::{self, RunError};

/// What a run on a planted fault ends with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caught {
    /// The check finds it.
    Found {
        /// The check.
        check: String,
        /// The kind of the finding.
        kind: String,
        /// The diagnosis in a sentence; empty if the run was stopped before it.
        diagnosis: String,
    },
    /// The check ends and finds nothing of the right kind.
    Escaped,
    /// The run was stopped before the check found it.
    Unfinished,
    /// This machine cannot show it, for this reason.
    Unavailable(String),
}

/// Runs the check that must find the fixed fault of this name, at depth `quick`. `None`: no fixed
/// fault has this name.
///
/// # Errors
/// If the run cannot begin.
pub fn catch(name: &str, seed: u64, control: &Control<'_>) -> Result<Option<Caught>, RunError> {
    let Some(fault) = faults().find(|fault| fault.name == name && !fault.is_drawn()) else {
        return Ok(None);
    };
    let subject = match Planter::new(seed).plant(fault) {
        Ok(subject) => subject,
        Err(reason) => return Ok(Some(Caught::Unavailable(reason))),
    };
    let plan = Plan {
        depth: Depth::of(DepthName::Quick),
        checks: CheckSet::none().with(fault.caught_by),
        seed,
        max_stack_bytes: None,
        is_scaled: true,
    };
    let results = run::run(&[subject], &plan, control)?;
    Ok(Some(judge(fault, &results.concat())))
}

fn judge(fault: &FaultSpec, results: &[CheckResult]) -> Caught {
    let mut groups = results.iter().flat_map(|result| &result.groups);
    let right =
        groups.find(|group| fault.is_right_finding(group.finding.check, group.finding.kind));
    let is_stopped = results
        .iter()
        .any(|result| matches!(result.ending, Ending::Stopped(_)));
    match right {
        Some(group) => Caught::Found {
            check: group.finding.check.to_string(),
            kind: group.finding.kind.to_string(),
            diagnosis: group
                .diagnosis
                .as_ref()
                .map_or(String::new(), |one| one.summary.clone()),
        },
        None if is_stopped => Caught::Unfinished,
        None => Caught::Escaped,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_found_unless_the_check_saw_nothing() {
        let control = Control::default();
        let found = catch("article-crc32q", 1, &control).expect("a run");
        match found.expect("a fault of this name") {
            Caught::Found { check, kind, .. } => {
                assert_eq!((check.as_str(), kind.as_str()), ("agree", "wrong-value"));
            }
            Caught::Unavailable(_) => {}
            other => panic!("{other:?}"),
        }
        assert_eq!(catch("no-such-fault", 1, &control).expect("no run"), None);
        let fault = faults().find(|fault| fault.name == "article-table");
        let fault = fault.expect("a fault of this name");
        assert_eq!(judge(fault, &[]), Caught::Escaped);
    }
}
