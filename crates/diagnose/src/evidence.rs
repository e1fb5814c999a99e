//! The sentences that a diagnosis rests on.

use crate::call::Call;
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

/// The shortest wrong answer, if it is shorter than the known ones.
pub(crate) fn shorter_wrong_answer(experiment: &Experiment<'_>, known: &[Call]) -> Option<String> {
    let wrong = experiment.wrong();
    let first = wrong.first()?;
    let shortest = known.iter().map(Call::length).min();
    if shortest.is_some_and(|shortest| shortest <= first.call.length()) {
        return None;
    }
    let bytes = match first.call.length() {
        1 => "1 byte".to_owned(),
        more => format!("{more} bytes"),
    };
    Some(format!(
        "a shorter wrong answer: {bytes} at alignment {}, xor {:#010x}",
        first.call.start() % 64,
        first.got ^ first.expected
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
