//! What a subject computes in the place of what it should: one kind of effect for each family of
//! hypotheses.

use super::algorithm::Algorithm;
use super::combine::Combine;
use super::fold::Fold;
use super::laboratory::{Call, Reference};
use super::message::Rewrite;
use super::mixed::Mixed;
use super::outcome::Outcome;
use super::register::Register;
use super::table::TableEntry;
use super::weight::Weight;
use std::fmt;

/// What is wrong, so exactly that it predicts every answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It is another algorithm, or this one with other words at its ends.
    Algorithm(Algorithm),
    /// It is a table of one bit order with the update of the other.
    Mixed(Mixed),
    /// The register that it is given is changed before use.
    Register(Register),
    /// The result is changed.
    Outcome(Outcome),
    /// The message is changed, or another one is taken.
    Message(Rewrite),
    /// An entry of its table is wrong.
    Table(TableEntry),
    /// Some bytes count by a wrong power of x.
    Weight(Weight),
    /// A constant of its fold is wrong.
    Fold(Fold),
    /// The combination of checksums goes wrong, and no call.
    Combine(Combine),
}

impl Effect {
    /// What a subject with this effect answers to a call whose right answer is known.
    pub(super) fn predict(&self, reference: &Reference, call: &Call, right: u64) -> u64 {
        match self {
            Self::Algorithm(algorithm) => algorithm.predict(call),
            Self::Mixed(mixed) => mixed.predict(reference, call),
            Self::Register(register) => register.predict(reference, call),
            Self::Outcome(outcome) => outcome.predict(reference, call, right),
            Self::Message(rewrite) => rewrite.predict(reference, call),
            Self::Table(entry) => entry.predict(reference, call),
            Self::Weight(weight) => weight.predict(reference, call, right),
            Self::Fold(fold) => fold.predict(reference, call),
            Self::Combine(_) => right,
        }
    }

    /// The algorithm that is computed instead, if it is another one.
    pub(super) fn model(&self) -> Option<String> {
        match self {
            Self::Algorithm(algorithm) => Some(algorithm.model_name()),
            _ => None,
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Algorithm(algorithm) => algorithm.fmt(f),
            Self::Mixed(mixed) => mixed.fmt(f),
            Self::Register(register) => register.fmt(f),
            Self::Outcome(outcome) => outcome.fmt(f),
            Self::Message(rewrite) => rewrite.fmt(f),
            Self::Table(entry) => entry.fmt(f),
            Self::Weight(weight) => weight.fmt(f),
            Self::Fold(fold) => fold.fmt(f),
            Self::Combine(combine) => combine.fmt(f),
        }
    }
}
