//! Diagnosis: what a subject computes instead, in one sentence that every answer bears out.
//!
//! A linear fault gives itself away on chosen inputs, and a fault of structure is recognised by trying
//! hypotheses. Each hypothesis is an [`Effect`], which predicts answers, and learns [`When`] it shows.
//! It must account for every answer at hand, right ones included, and then for new random calls that
//! are made to refute it; what refutes it is kept, and it may learn from that a few times. Nothing is
//! said that one known answer contradicts. What no hypothesis accounts for is told as unexplained, with
//! what was seen of it.
//!
//! Predictions are made from the judges of `crcheck-oracle`, never by code that a subject could share.

#![forbid(unsafe_code)]

mod algebra;
mod algorithm;
mod budget;
pub mod combine;
mod effect;
mod fold;
mod laboratory;
mod message;
mod mixed;
mod outcome;
mod register;
mod survey;
mod table;
mod unexplained;
mod weight;
mod when;

pub use algorithm::Algorithm;
pub use effect::Effect;
pub use fold::{Fold, Half};
pub use laboratory::{Ask, Call, Laboratory};
pub use message::{Padding, Rewrite};
pub use mixed::Mixed;
pub use outcome::Outcome;
pub use register::Register;
pub use table::TableEntry;
pub use weight::{Anchor, Carried, Extent, Region, Weight};
pub use when::{Condition, Number, When};

use crcheck_oracle::model::Model;
use laboratory::{Reference, Seen};
use serde::Serialize;

/// What is known of a fault.
#[derive(Clone, Debug, Serialize)]
pub struct Diagnosis {
    /// One sentence.
    pub summary: String,
    /// The algorithm that is computed instead, if that explains it.
    pub model: Option<String>,
    /// How sure it is.
    pub confidence: Confidence,
    /// What it rests on, a sentence each.
    pub evidence: Vec<String>,
    /// The same for programs of ours.
    #[serde(skip)]
    pub cause: Option<Cause>,
}

/// How sure a diagnosis is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// It predicted every answer, among them new ones.
    Explained,
    /// It tells what was seen, and predicts nothing.
    Observed,
    /// Values are wrong, and nothing that was thought of predicts them.
    Unexplained,
}

impl Confidence {
    /// The word that reports use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Explained => "explained",
            Self::Observed => "observed",
            Self::Unexplained => "unexplained",
        }
    }
}

/// What is computed instead, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// What.
    pub effect: Effect,
    /// When.
    pub when: When,
}

impl Diagnosis {
    /// Whether nothing that was claimed contradicts these answers: each call with what it gave.
    pub fn accounts_for(&self, model: &Model, answers: &[(&Call, u64)]) -> bool {
        let Some(cause) = &self.cause else {
            return true;
        };
        let reference = Reference::new(model);
        answers
            .iter()
            .all(|(call, got)| cause.predict(&reference, call, reference.answer(call)) == *got)
    }

    /// What was seen, and nothing more.
    pub fn observed(summary: impl Into<String>) -> Self {
        Self {
            summary: summary.into(),
            model: None,
            confidence: Confidence::Observed,
            evidence: Vec::new(),
            cause: None,
        }
    }
}

/// A family of hypotheses: those that may hold, their parameters taken from measurements.
type Family = fn(&mut Laboratory<'_>) -> Vec<Effect>;

/// From the simplest to say to the hardest.
const FAMILIES: &[Family] = &[
    outcome::candidates,
    algorithm::candidates,
    mixed::candidates,
    register::candidates,
    message::candidates,
    weight::candidates,
    table::candidates,
    fold::candidates,
];

/// Diagnoses a subject that gives wrong values, from cases that are known to show it. `None` if it gave
/// nothing wrong.
pub fn diagnose(lab: &mut Laboratory<'_>, known: &[Call]) -> Option<Diagnosis> {
    survey::survey(lab, known);
    if !lab.seen.iter().any(Seen::is_wrong) {
        return None;
    }
    let found = unexplained::contradiction(lab)
        .is_none()
        .then(|| explain(lab));
    Some(match found.flatten() {
        Some((cause, evidence)) => Diagnosis {
            summary: format!("{}{}", cause.effect, cause.when),
            model: cause.effect.model(),
            confidence: Confidence::Explained,
            evidence,
            cause: Some(cause),
        },
        None => unexplained::tell(lab),
    })
}

fn explain(lab: &mut Laboratory<'_>) -> Option<(Cause, Vec<String>)> {
    for family in FAMILIES {
        // Of one family the effect that needs the fewest conditions is tried first.
        let mut effects: Vec<(u32, Effect)> = family(lab)
            .into_iter()
            .filter_map(|effect| Some((lab.learn(&effect)?.cost(), effect)))
            .collect();
        effects.sort_by_key(|(cost, _)| *cost);
        for (_, effect) in effects {
            if let Some(found) = establish(lab, effect) {
                return Some(found);
            }
        }
        if lab.is_late() {
            return None;
        }
    }
    None
}

/// How often a hypothesis may learn from what refuted it.
const ROUNDS: usize = 8;

/// Of the new calls so many must show the fault: one that shows by chance alone is not explained.
const FRESH_WRONG_MIN: usize = 4;

/// Holds a hypothesis against all that is known, then against what is new.
fn establish(lab: &mut Laboratory<'_>, effect: Effect) -> Option<(Cause, Vec<String>)> {
    let is_nothing = matches!(&effect, Effect::Algorithm(it) if it.is_claimed(&lab.reference));
    if is_nothing {
        return None;
    }
    for _ in 0..ROUNDS {
        let when = lab.learn(&effect)?;
        let cause = Cause {
            effect: effect.clone(),
            when,
        };
        let before = lab.seen.len();
        let calls = survey::fresh(lab, &cause.when);
        lab.observe(calls);
        if lab.is_late() {
            return None;
        }
        let fresh = &lab.seen[before..];
        let wrong = fresh.iter().filter(|seen| seen.is_wrong()).count();
        let refuted = fresh
            .iter()
            .any(|seen| cause.predict(&lab.reference, &seen.call, seen.right) != seen.got);
        if !refuted {
            return (wrong >= FRESH_WRONG_MIN).then(|| {
                let evidence = lab.evidence(before, wrong);
                (cause, evidence)
            });
        }
    }
    None
}

impl Cause {
    /// What a subject that claims to compute `model` and has this fault answers to each of the calls.
    pub fn answers(&self, model: &Model, calls: &[Call]) -> Vec<u64> {
        let reference = Reference::new(model);
        let answer = |call| self.predict(&reference, call, reference.answer(call));
        calls.iter().map(answer).collect()
    }

    fn predict(&self, reference: &Reference, call: &Call, right: u64) -> u64 {
        if self.when.holds(call, reference.register(call)) {
            self.effect.predict(reference, call, right)
        } else {
            right
        }
    }
}

impl Laboratory<'_> {
    /// When the effect shows, if it predicts every wrong answer and conditions tell those from the
    /// right answers that it would have made wrong.
    fn learn(&self, effect: &Effect) -> Option<When> {
        let predict = |seen: &Seen| effect.predict(&self.reference, &seen.call, seen.right);
        // What was asked last differs most from what the effect was made up from.
        let mut wrong = self.seen.iter().rev().filter(|seen| seen.is_wrong());
        if !wrong.all(|seen| predict(seen) == seen.got) {
            return None;
        }
        let with_register = |seen: &'_ Seen| self.reference.register(&seen.call);
        let shown: Vec<_> = self
            .seen
            .iter()
            .filter(|seen| seen.is_wrong())
            .map(|seen| (&seen.call, with_register(seen)))
            .collect();
        let hidden: Vec<_> = self
            .seen
            .iter()
            .filter(|seen| !seen.is_wrong() && predict(seen) != seen.right)
            .map(|seen| (&seen.call, with_register(seen)))
            .collect();
        When::learn(&shown, &hidden)
    }

    fn evidence(&self, before: usize, fresh_wrong: usize) -> Vec<String> {
        let known = &self.seen[..before];
        let wrong = known.iter().filter(|seen| seen.is_wrong()).count();
        let fresh = self.seen.len() - before;
        let mut evidence = vec![
            format!(
                "it accounts for all {wrong} wrong and all {} right answers that were seen",
                known.len() - wrong
            ),
            format!(
                "it predicted {fresh} new random calls, {fresh_wrong} of them wrong, without a miss"
            ),
        ];
        evidence.extend(self.shortest());
        evidence
    }

    /// The shortest wrong answer.
    fn shortest(&self) -> Option<String> {
        let wrong = self.wrong();
        let first = wrong.first()?;
        Some(format!(
            "the shortest wrong answer: {} bytes at alignment {}, xor {:#010x}",
            first.call.length(),
            first.call.start() % 64,
            first.got ^ first.right
        ))
    }
}
