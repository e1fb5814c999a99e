//! Results of which only the low bits are right.

use crate::conditions::Conditions;
use crate::diagnosis::Diagnosis;
use crate::experiment::{Experiment, Observation};
use crate::{evidence, trial_calls, unexplained};

/// What was seen, if every answer has the right low bits, those to new calls included.
pub(crate) fn describe(experiment: &mut Experiment<'_>) -> Option<Diagnosis> {
    let mask = experiment.reference.model.mask();
    let is_right_below = |seen: &Observation| seen.got & mask == seen.expected;
    if !experiment.observations.iter().all(is_right_below) {
        return None;
    }
    let known = experiment.observations.len();
    let calls = trial_calls::draw_refuting(experiment, &Conditions::default());
    experiment.observe(calls);
    let fresh = &experiment.observations[known..];
    if fresh.is_empty() || !fresh.iter().all(is_right_below) {
        return None;
    }
    let width = experiment.reference.model.width;
    let when = unexplained::when_wrong(experiment).unwrap_or_default();
    let summary = format!("gives the right low {width} bits, and other bits above them{when}");
    let answers = experiment.observations.len();
    let evidence = vec![
        evidence::wrong_bits(experiment),
        format!("the low {width} bits of all {answers} answers are right"),
    ];
    Some(Diagnosis {
        evidence,
        ..Diagnosis::observed(summary)
    })
}
