//! The checks. Each has one law, one file, and one row of [`CHECKS`].

pub(crate) mod caller_state;
mod check;
mod check_set;
mod machines;
mod phrases;
mod walk;

pub mod abi;
pub mod affine;
pub mod agree;
pub mod basis;
pub mod combine;
pub mod dispatch;
pub mod guard;
pub mod history;
pub mod huge;
pub mod paint;
pub mod slack;
pub mod split;
pub mod threads;

pub use check::{Answer, Check, Examine, Fuzzing, Minimize, Shows};
pub use check_set::CheckSet;

use crate::examiner::Examiner;
use crate::finding::Finding;
use crcheck_oracle::model::Model;
use crcheck_subject::CheckId;

/// A table of checks, in the order in which plans run them.
pub type CheckTable = &'static [&'static Check];

/// Every check. `threads` comes first, because a process can race a first call only once.
pub static CHECKS: CheckTable = &[
    &threads::CHECK,
    &dispatch::CHECK,
    &agree::CHECK,
    &guard::CHECK,
    &slack::CHECK,
    &split::CHECK,
    &combine::CHECK,
    &history::CHECK,
    &abi::CHECK,
    &paint::CHECK,
    &affine::CHECK,
    &basis::CHECK,
    &huge::CHECK,
];

/// A name that no check has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no check is called `{0}`; the checks are {known}", known = known_names())]
pub struct UnknownCheck(pub String);

fn known_names() -> String {
    let names: Vec<&str> = CHECKS.iter().map(|check| check.id.name()).collect();
    names.join(", ")
}

/// The ids of all checks, in the order of [`CHECKS`].
pub fn ids() -> impl Iterator<Item = CheckId> {
    CHECKS.iter().map(|check| check.id)
}

/// The check of this name.
///
/// # Errors
/// If there is none.
pub fn named(name: &str) -> Result<CheckId, UnknownCheck> {
    let found = ids().find(|id| id.name() == name);
    found.ok_or_else(|| UnknownCheck(name.to_owned()))
}

/// The sentence of a finding with its cause, if its check can find that out.
pub fn explain(examiner: &mut Examiner<'_>, finding: &Finding) -> Option<String> {
    let row = CHECKS.iter().find(|row| row.id == finding.check)?;
    (row.explain)(examiner, finding)
}

/// Whether a finding shows in these answers, as its check tells.
pub fn shows(model: &Model, finding: &Finding, answer: &mut Answer<'_>) -> bool {
    let row = CHECKS.iter().find(|row| row.id == finding.check);
    row.is_some_and(|row| (row.shows)(model, finding, answer))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn rows_differ_in_name_and_in_random_stream() {
        let names: HashSet<&str> = CHECKS.iter().map(|check| check.id.name()).collect();
        let streams: HashSet<u64> = CHECKS.iter().map(|check| check.stream).collect();
        assert_eq!([names.len(), streams.len()], [CHECKS.len(); 2]);
        for check in CHECKS {
            assert_eq!(named(check.id.name()), Ok(check.id));
        }
        assert!(named("agre").is_err());
    }
}
