//! The diagnosis of a subject that gives wrong checksums.

use crate::call::Call;
use crate::cause::Cause;
use crate::diagnosis::Diagnosis;
use crate::effect::{Effect, FAMILIES};
use crate::experiment::{Experiment, Observation};
use crate::{evidence, trial_calls, unexplained, upper_bits};

/// Diagnoses a subject, with calls that are known to give wrong checksums, the smallest one first.
/// `None` if it gave none.
pub fn diagnose(experiment: &mut Experiment<'_>, known: &[Call]) -> Option<Diagnosis> {
    trial_calls::observe_first(experiment, known);
    if !experiment.observations.iter().any(Observation::is_wrong) {
        return None;
    }
    let explained = match unexplained::find_contradiction(experiment, known) {
        None => explain(experiment),
        Some(_) => None,
    };
    let diagnosis = explained
        .or_else(|| upper_bits::describe(experiment))
        .unwrap_or_else(|| unexplained::describe(experiment, known));
    Some(Diagnosis {
        shortest: experiment.wrong_call_from(0),
        ..diagnosis
    })
}

fn explain(experiment: &mut Experiment<'_>) -> Option<Diagnosis> {
    for family in FAMILIES {
        let mut causes: Vec<Cause> = family(experiment)
            .into_iter()
            .filter_map(|effect| Cause::learn(experiment, effect))
            .collect();
        // Within a family the simplest conditions come first.
        causes.sort_by_key(|cause| cause.conditions.cost());
        let explained = causes
            .into_iter()
            .find_map(|cause| establish(experiment, cause.effect));
        if explained.is_some() || experiment.is_out_of_time() {
            return explained;
        }
    }
    None
}

/// How often a hypothesis may learn from the calls that refuted it.
const ROUNDS: usize = 8;

/// At least this many new calls must give wrong answers: an effect that only chance shows is not
/// explained.
const FRESH_WRONG_MIN: usize = 4;

/// Learns when the effect shows and tries to refute it by new calls, until new calls cannot.
fn establish(experiment: &mut Experiment<'_>, effect: Effect) -> Option<Diagnosis> {
    let mut effect = effect;
    for _ in 0..ROUNDS {
        let cause = Cause::learn(experiment, effect)?;
        let known = experiment.observations.len();
        let calls = trial_calls::draw_refuting(experiment, &cause.conditions);
        experiment.observe(calls);
        if experiment.is_out_of_time() {
            return None;
        }
        let fresh = &experiment.observations[known..];
        let is_refuted = fresh.iter().any(|seen| {
            cause.predict(&experiment.reference, &seen.call, seen.expected) != seen.got
        });
        if !is_refuted {
            let fresh_wrong = fresh.iter().filter(|seen| seen.is_wrong()).count();
            return (fresh_wrong >= FRESH_WRONG_MIN).then(|| {
                let evidence = evidence::of_predictions(experiment, known);
                let is_given = experiment.takes_checksum();
                Diagnosis::explained(cause, &experiment.reference.model, is_given, evidence)
            });
        }
        effect = cause.effect;
    }
    None
}
