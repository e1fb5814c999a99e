//! What a diagnosis says when no hypothesis holds: what was seen, as far as it follows a rule.

use crate::call::Call;
use crate::condition::Condition;
use crate::conditions::Conditions;
use crate::diagnosis::Diagnosis;
use crate::evidence;
use crate::experiment::{Experiment, Observation};
use crate::number_list::{bytes, digits, hex_of};
use std::collections::{BTreeMap, BTreeSet};

/// Two answers to the same call. No function of the call explains them.
pub(crate) fn find_contradiction(experiment: &mut Experiment<'_>) -> Option<String> {
    let wrong = experiment.wrong();
    let calls: Vec<Call> = wrong.iter().take(8).map(|seen| seen.call.clone()).collect();
    // Another call comes before each, so that the subject remembers another answer.
    for call in calls {
        let other = experiment.draw_call(call.length() + 1, call.placement);
        experiment.observe(vec![other, call]);
    }
    let mut answers: BTreeMap<Key<'_>, u64> = BTreeMap::new();
    for seen in &experiment.observations {
        let key = (
            seen.call.start(),
            seen.call.checksum,
            seen.call.fill,
            seen.call.message.as_slice(),
        );
        let answer = *answers.entry(key).or_insert(seen.got);
        if answer != seen.got {
            let digits = digits(experiment.reference.model.width);
            return Some(format!(
                "the same call of {} was answered {} and {}",
                bytes(seen.call.length()),
                hex_of(digits, answer),
                hex_of(digits, seen.got)
            ));
        }
    }
    None
}

/// What makes a call the same call: start, checksum, fill and message.
type Key<'s> = (usize, u64, u8, &'s [u8]);

pub(crate) fn describe(experiment: &mut Experiment<'_>) -> Diagnosis {
    if let Some(contradiction) = find_contradiction(experiment) {
        let summary = "gives another checksum for the same call: it depends on the calls before it";
        return Diagnosis {
            evidence: vec![contradiction],
            ..Diagnosis::observed(summary)
        };
    }
    let bounds = bounds(experiment);
    let words: String = bounds.0.iter().map(words_of).collect();
    let summary = format!("gives wrong checksums{words}: unexplained");
    let mut evidence = vec![evidence::wrong_bits(experiment), share(experiment, &bounds)];
    evidence.extend(dependence(experiment));
    if experiment.is_out_of_time() {
        evidence.push("the time for hypotheses was over before all were tried".to_owned());
    }
    Diagnosis {
        bounds: Some(bounds),
        ..Diagnosis::unexplained(summary, evidence)
    }
}

/// A condition in words that claim no more than that no wrong answer lies outside of it.
fn words_of(condition: &Condition) -> String {
    match condition {
        Condition::LengthFrom(first) => format!(", first at length {first}"),
        Condition::LengthTo(_) => format!(", {condition}"),
        other => {
            let text = other.to_string();
            match text.strip_prefix("unless ") {
                // "when length % 16 = 0", "if all bits of the register are set"
                Some(rest) if matches!(other, Condition::Residue { .. }) => {
                    format!(", never when {rest}")
                }
                Some(rest) => format!(", never if {rest}"),
                None => format!(", only {text}"),
            }
        }
    }
}

/// The conditions under which every answer is wrong and without which none is.
pub(crate) fn when_wrong(experiment: &Experiment<'_>) -> Option<Conditions> {
    let [wrong, right] = wrong_and_right(experiment);
    Conditions::learn(&experiment.reference.model, &wrong, &right)
}

/// The calls with wrong answers, and those with right ones.
fn wrong_and_right<'e>(experiment: &'e Experiment<'_>) -> [Vec<&'e Call>; 2] {
    [true, false].map(|is_wrong| {
        let answers = experiment.observations.iter();
        let chosen = answers.filter(|seen| seen.is_wrong() == is_wrong);
        chosen.map(|seen| &seen.call).collect()
    })
}

/// How many conditions a summary states besides the first length.
const BOUNDS_MAX: usize = 2;

/// What holds for every wrong answer, and excludes so many right ones that chance does not explain
/// it. The first length comes first.
fn bounds(experiment: &Experiment<'_>) -> Conditions {
    let model = &experiment.reference.model;
    let [wrong, mut right] = wrong_and_right(experiment);
    let first = wrong.iter().map(|call| call.length()).min().unwrap_or(0);
    right.retain(|call| call.length() >= first);
    let mut bounds = vec![Condition::LengthFrom(first)];
    let mut candidates = Condition::all_of(model, &wrong);
    candidates.retain(|condition| !matches!(condition, Condition::LengthFrom(_)));
    while bounds.len() <= BOUNDS_MAX {
        let left = |one: &Condition| right.iter().filter(|call| one.holds(call, model)).count();
        let best = candidates.iter().min_by_key(|one| (left(one), one.cost()));
        let Some(best) = best.cloned() else {
            break;
        };
        let share = (left(&best) + 1) as f64 / (right.len() + 1) as f64;
        if share.log2() * wrong.len() as f64 > CHANCE_LOG2 {
            break;
        }
        right.retain(|call| best.holds(call, model));
        bounds.push(best);
    }
    Conditions(bounds)
}

/// A condition that all wrong answers meet by chance with a probability above 2 to this says
/// nothing.
const CHANCE_LOG2: f64 = -20.0;

/// How many of the calls that may give wrong answers do.
fn share(experiment: &Experiment<'_>, bounds: &Conditions) -> String {
    let model = &experiment.reference.model;
    let all = experiment.observations.iter();
    let such: Vec<&Observation> = all.filter(|seen| bounds.hold(&seen.call, model)).collect();
    let wrong = such.iter().filter(|seen| seen.is_wrong()).count();
    if wrong == such.len() {
        format!("wrong answers among such calls: all {wrong}")
    } else {
        format!("wrong answers among such calls: {wrong} of {}", such.len())
    }
}

/// What the answers depend on and what they do not, where the same call was made in several ways.
fn dependence(experiment: &Experiment<'_>) -> Vec<String> {
    let mut said = Vec::new();
    let mut of_message: BTreeMap<_, Vec<&Observation>> = BTreeMap::new();
    let mut of_place: BTreeMap<_, BTreeSet<bool>> = BTreeMap::new();
    for seen in &experiment.observations {
        let call = &seen.call;
        let message = (call.checksum, call.fill, call.message.as_slice());
        of_message.entry(message).or_default().push(seen);
        let place = (call.length(), call.start());
        of_place.entry(place).or_default().insert(seen.is_wrong());
    }
    let is_moved = |of: &&Vec<&Observation>| of.iter().any(|seen| seen.got != of[0].got);
    let starts = |of: &Vec<&Observation>| -> usize {
        let starts = of.iter().map(|seen| seen.call.start());
        starts.collect::<BTreeSet<_>>().len()
    };
    let mut wrong = of_message
        .values()
        .filter(|of| of.iter().any(|seen| seen.is_wrong()));
    if of_message.values().any(|of| is_moved(&of)) {
        said.push("the answer to one message depends on the address at which it starts".to_owned());
    } else if wrong.any(|of| starts(of) >= STARTS_MIN) {
        said.push("no answer depends on the address at which the message starts".to_owned());
    }
    if of_place.values().any(|answers| answers.len() == 2) {
        let on = match experiment.takes_checksum() {
            true => "their bytes or the register",
            false => "their bytes",
        };
        said.push(format!(
            "messages of one length at one address have right and wrong answers, by {on}"
        ));
    }
    said
}

/// A message must have been placed at this many starts to say that they do not matter.
const STARTS_MIN: usize = 32;
