//! The sentences that a diagnosis rests on.

use crate::experiment::Experiment;
use crate::number_list::ranges;

/// What a cause accounts for: the first `known` observations, and the predictions after them.
pub(crate) fn of_predictions(experiment: &Experiment<'_>, known: usize) -> Vec<String> {
    let (known, fresh) = experiment.observations.split_at(known);
    let wrong = known.iter().filter(|seen| seen.is_wrong()).count();
    let fresh_wrong = fresh.iter().filter(|seen| seen.is_wrong()).count();
    vec![format!(
        "it accounts for all {wrong} wrong and all {} right answers, and predicted {} new random \
         calls, {fresh_wrong} of them wrong, without a miss",
        known.len() - wrong,
        fresh.len()
    )]
}

pub(crate) fn wrong_bits(experiment: &Experiment<'_>) -> String {
    let all = experiment
        .observations
        .iter()
        .fold(0, |all, seen| all | (seen.got ^ seen.expected));
    let listed: Vec<usize> = (0..64).filter(|bit| all >> bit & 1 == 1).collect();
    format!(
        "bits of the result that are ever wrong: {}",
        ranges(&listed)
    )
}
