//! From measurements to answers.

use super::answer::{Answer, Missing, Verdict};
use super::claim::{Claim, Judge, Need};
use super::measured::{Measured, Planted};
use super::topics::CLAIMS;
use std::collections::BTreeSet;

/// The claims of these names, or all if there are none.
///
/// # Errors
/// The first name that no claim has.
pub fn select(names: &[String]) -> Result<Vec<&'static Claim>, String> {
    let all = || CLAIMS.iter().flat_map(|topic| topic.claims);
    let unknown = names
        .iter()
        .find(|name| all().all(|claim| claim.id != **name));
    if let Some(unknown) = unknown {
        return Err(unknown.clone());
    }
    let is_selected = |claim: &&Claim| names.is_empty() || names.iter().any(|id| id == claim.id);
    Ok(all().filter(is_selected).collect())
}

/// What must be measured for these claims.
pub fn needs(claims: &[&Claim]) -> BTreeSet<Need> {
    let needs = claims.iter().flat_map(|claim| claim.judge.needs());
    needs.copied().collect()
}

/// The planted faults that stand for these claims, each once.
pub fn planted_faults(claims: &[&Claim]) -> BTreeSet<&'static str> {
    let faults = claims
        .iter()
        .filter_map(|claim| claim.judge.planted_fault());
    faults.collect()
}

/// The answer to one claim.
pub fn judge(claim: &Claim, measured: &Measured) -> Verdict {
    match claim.judge {
        Judge::Arithmetic(judge) => judge(),
        Judge::Measured { judge, .. } => judge(measured).unwrap_or_else(Verdict::from),
        Judge::NotMeasurable(reason) => Verdict::new(Answer::NotMeasurableHere, reason),
        Judge::PlantedFault(name) => match measured.planted.get(name) {
            None => Missing::Unfinished.into(),
            Some(planted) => of_planted(name, planted),
        },
    }
}

fn of_planted(name: &str, planted: &Planted) -> Verdict {
    match planted {
        Planted::Caught {
            check,
            kind,
            diagnosis,
        } => Verdict::refuted(format!(
            "verify fails on fault:{name}: {kind} (check {check}); {diagnosis}"
        )),
        Planted::Unavailable(reason) => {
            Missing::not_here(format!("fault:{name} does not run here: {reason}")).into()
        }
        Planted::Escaped => Verdict::new(
            Answer::NotJudged,
            format!("verify finds nothing in fault:{name}, which is a fault of crcheck"),
        ),
    }
}
