//! The sentences that a diagnosis rests on.

use crate::experiment::Experiment;
use crate::number_list::{bytes, digits, hex_of, ranges};

/// What a cause accounts for: the first `known` observations, and the predictions after them.
pub(crate) fn of_predictions(experiment: &Experiment<'_>, known: usize) -> Vec<String> {
    let (known, fresh) = experiment.observations.split_at(known);
    let wrong = known.iter().filter(|seen| seen.is_wrong()).count();
    let fresh_wrong = fresh.iter().filter(|seen| seen.is_wrong()).count();
    let mut evidence = vec![
        format!(
            "it accounts for all {wrong} wrong and all {} right answers that were seen",
            known.len() - wrong
        ),
        format!(
            "it predicted {} new random calls, {fresh_wrong} of them wrong, without a miss",
            fresh.len()
        ),
    ];
    evidence.extend(shortest_wrong_answer(experiment));
    evidence
}

pub(crate) fn shortest_wrong_answer(experiment: &Experiment<'_>) -> Option<String> {
    let wrong = experiment.wrong();
    let first = wrong.first()?;
    Some(format!(
        "the shortest wrong answer: {} at alignment {}, xor {}",
        bytes(first.call.length()),
        first.call.start() % 64,
        hex_of(
            digits(experiment.reference.model.width),
            first.got ^ first.expected
        )
    ))
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
