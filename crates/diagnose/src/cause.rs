//! What a subject computes instead of the checksum, and when.

use crate::call::Call;
use crate::conditions::Conditions;
use crate::effect::Effect;
use crate::experiment::{Experiment, Observation};
use crate::reference::Reference;
use crcheck_oracle::model::Model;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    pub effect: Effect,
    pub conditions: Conditions,
}

impl Cause {
    /// The effect, and the conditions under which it shows. `None` if the effect does not predict
    /// every wrong answer, or if no conditions tell the wrong answers from the right ones that it
    /// would make wrong.
    pub(crate) fn learn(experiment: &Experiment<'_>, effect: Effect) -> Option<Self> {
        let reference = &experiment.reference;
        let predict = |seen: &Observation| effect.predict(reference, &seen.call, seen.expected);
        // The latest calls differ most from those that the effect was derived from.
        let latest = experiment.observations.iter().rev();
        let mut wrong = latest.filter(|seen| seen.is_wrong());
        if !wrong.all(|seen| predict(seen) == seen.got) {
            return None;
        }
        let calls = |counts: &dyn Fn(&&Observation) -> bool| -> Vec<&Call> {
            let counted = experiment.observations.iter().filter(counts);
            counted.map(|seen| &seen.call).collect()
        };
        let shown = calls(&|seen| seen.is_wrong());
        let hidden = calls(&|seen| !seen.is_wrong() && predict(seen) != seen.expected);
        let conditions = Conditions::learn(&reference.model, &shown, &hidden)?;
        Some(Self { effect, conditions })
    }

    /// The answers of a subject that claims to compute `model`, to each of the calls.
    pub fn answers(&self, model: &Model, calls: &[Call]) -> Vec<u64> {
        calls.iter().map(self.subject(model)).collect()
    }

    /// A subject that claims to compute `model` and has this cause. It answers any call.
    pub fn subject(&self, model: &Model) -> impl Fn(&Call) -> u64 {
        let reference = Reference::new(model);
        move |call| self.predict(&reference, call, reference.expected(call))
    }

    /// The answer to a call whose right answer is `expected`.
    pub(crate) fn predict(&self, reference: &Reference, call: &Call, expected: u64) -> u64 {
        if self.conditions.hold(call, &reference.model) {
            self.effect.predict(reference, call, expected)
        } else {
            expected
        }
    }
}
