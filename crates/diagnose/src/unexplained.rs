//! What a diagnosis says when no hypothesis holds: what was seen, as far as it follows a rule.

use crate::call::Call;
use crate::condition::{Condition, POWERS, Quantity};
use crate::conditions::Conditions;
use crate::diagnosis::Diagnosis;
use crate::evidence;
use crate::experiment::{Experiment, Observation};
use crate::number_list::{bytes, digits, hex_of};
use std::collections::{BTreeMap, BTreeSet};

/// Two answers to the same call. No function of the call explains them.
pub(crate) struct Contradiction {
    call: Call,
    /// Both answers, in words.
    text: String,
}

/// Calls the shortest wrong calls and the `known` ones again, and looks for two answers to one.
pub(crate) fn find_contradiction(
    experiment: &mut Experiment<'_>,
    known: &[Call],
) -> Option<Contradiction> {
    let wrong = experiment.wrong();
    let mut calls: Vec<Call> = wrong.iter().take(8).map(|seen| seen.call.clone()).collect();
    if let Some(smallest) = known.first() {
        calls.extend(std::iter::repeat_n(smallest.clone(), KNOWN_AGAIN));
    }
    // Another call comes before each, so that the subject remembers another answer.
    for (index, call) in calls.into_iter().enumerate() {
        let other = experiment.draw_call(call.length() + 1 + index, call.placement);
        experiment.observe(vec![other, call]);
    }
    let smallest = known.first().cloned();
    let smallest = smallest.map(|call| experiment.possible(call));
    let mut answers: BTreeMap<Key<'_>, u64> = BTreeMap::new();
    let mut found = None;
    for seen in &experiment.observations {
        let call = &seen.call;
        let answer = *answers.entry(key(call)).or_insert(seen.got);
        let is_known = smallest.as_ref() == Some(call);
        if answer != seen.got && (found.is_none() || is_known) {
            let digits = digits(experiment.reference.model.width);
            let text = format!(
                "the same call of {} was answered {} and {}",
                bytes(call.length()),
                hex_of(digits, answer),
                hex_of(digits, seen.got)
            );
            let call = call.clone();
            found = Some(Contradiction { call, text });
            if is_known {
                break;
            }
        }
    }
    found
}

/// How often the known smallest call is made again, each time after another call.
const KNOWN_AGAIN: usize = 8;

fn key(call: &Call) -> Key<'_> {
    (
        call.start(),
        call.checksum,
        call.fill,
        call.message.as_slice(),
    )
}

/// What makes a call the same call: start, checksum, fill and message.
type Key<'s> = (usize, u64, u8, &'s [u8]);

/// Describes what was seen. `known` are the calls of the finding, from the smallest.
pub(crate) fn describe(experiment: &mut Experiment<'_>, known: &[Call]) -> Diagnosis {
    let contradiction = find_contradiction(experiment, known);
    if let Some(Contradiction { text, .. }) = contradiction
        .as_ref()
        .filter(|contradiction| is_of_finding(experiment, contradiction, known))
    {
        let summary = "gives another checksum for the same call: it depends on the calls before it";
        return Diagnosis {
            evidence: vec![text.clone()],
            ..Diagnosis::observed(summary)
        };
    }
    let bounds = bounds(experiment);
    let words = words_of(&bounds);
    let summary = format!("gives wrong checksums{words}: unexplained");
    let mut evidence = vec![evidence::wrong_bits(experiment), share(experiment, &bounds)];
    evidence.extend(contradiction.map(|contradiction| contradiction.text));
    evidence.extend(dependence(experiment));
    if experiment.is_out_of_time() {
        evidence.push("the time for hypotheses was over before all were tried".to_owned());
    }
    Diagnosis {
        bounds: Some(bounds),
        ..Diagnosis::unexplained(summary, evidence)
    }
}

/// Whether the contradiction is what the finding shows: its smallest call, which gave a wrong
/// answer, had two answers or is right now.
fn is_of_finding(
    experiment: &Experiment<'_>,
    contradiction: &Contradiction,
    known: &[Call],
) -> bool {
    let Some(smallest) = known.first() else {
        return true;
    };
    let smallest = experiment.possible(smallest.clone());
    let mut answers = experiment.observations.iter();
    contradiction.call == smallest || answers.any(|seen| seen.call == smallest && !seen.is_wrong())
}

/// The bounds in words that claim no more than that no wrong answer lies outside of them.
fn words_of(bounds: &Conditions) -> String {
    let (mut first, mut last, mut others) = (0, None, String::new());
    for bound in &bounds.0 {
        match bound {
            Condition::LengthFrom(length) => first = *length,
            Condition::LengthTo(length) => last = Some(*length),
            other => others += &format!(", only {other}"),
        }
    }
    let lengths = match last {
        Some(last) if last == first => format!("at length {first} alone"),
        Some(last) => format!("from length {first} to length {last}"),
        None => format!("first at length {first}"),
    };
    format!(", {lengths}{others}")
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

/// What holds for every wrong answer, so sure that a call beyond what was tried bears it out too:
/// the first length, perhaps the last one, and one residue of the start address.
fn bounds(experiment: &Experiment<'_>) -> Conditions {
    let [wrong, right] = wrong_and_right(experiment);
    let lengths = wrong.iter().map(|call| call.length());
    let wrong_lengths: BTreeSet<usize> = lengths.collect();
    let first = wrong_lengths.first().copied().unwrap_or(0);
    let mut bounds = vec![Condition::LengthFrom(first)];
    bounds.extend(last_length(&wrong_lengths, &right).map(Condition::LengthTo));
    bounds.extend(residue_of_start(&wrong, &wrong_lengths, &right));
    Conditions(bounds)
}

/// What was seen although chance makes it less probable than 2 to this is a rule.
const CHANCE_LOG2: f64 = -20.0;

/// Whether `count` right answers in a row are no chance where a share of `wrong` in `all` is wrong.
fn is_no_chance(wrong: usize, all: usize, count: usize) -> bool {
    let share_right = 1.0 - wrong as f64 / all.max(1) as f64;
    count > 0 && share_right.log2() * (count as f64) < CHANCE_LOG2
}

/// This many lengths without a wrong answer may lie behind the last one.
const LENGTHS_BEYOND_MIN: usize = 16;

/// The last wrong length, if many longer calls were right.
fn last_length(wrong_lengths: &BTreeSet<usize>, right: &[&Call]) -> Option<usize> {
    let (first, last) = (*wrong_lengths.first()?, *wrong_lengths.last()?);
    let right_lengths: BTreeSet<usize> = right.iter().map(|call| call.length()).collect();
    let between = right_lengths.range(first..=last);
    let right_between = between.filter(|length| !wrong_lengths.contains(length));
    let all = wrong_lengths.len() + right_between.count();
    let beyond = right_lengths.range(last + 1..).count();
    let is_sure = beyond >= LENGTHS_BEYOND_MIN && is_no_chance(wrong_lengths.len(), all, beyond);
    is_sure.then_some(last)
}

/// At least so many wrong answers make a rule of their addresses, with as many right ones of the
/// same lengths at other addresses.
const OF_START_MIN: usize = 20;

/// The one residue of a power of two that all wrong answers have, if right ones of the same lengths
/// show that each bit of it counts.
fn residue_of_start(
    wrong: &[&Call],
    wrong_lengths: &BTreeSet<usize>,
    right: &[&Call],
) -> Option<Condition> {
    if wrong.len() < OF_START_MIN {
        return None;
    }
    let start = wrong.first()?.start();
    let mut right: Vec<&&Call> = right.iter().collect();
    right.retain(|call| wrong_lengths.contains(&call.length()));
    let (mut outside, mut narrowest) = (0, None);
    for modulus in POWERS {
        let has_residue = |call: &Call| call.start() % modulus == start % modulus;
        let before = right.len();
        right.retain(|call| has_residue(call));
        let excluded = before - right.len();
        let all = wrong.len() + right.len();
        let is_one = wrong.iter().all(|call| has_residue(call));
        if !is_one || !is_no_chance(wrong.len(), all, excluded) {
            break;
        }
        outside += excluded;
        narrowest = Some(modulus);
    }
    let modulus = narrowest.filter(|_| outside >= OF_START_MIN)?;
    Some(Condition::Residue {
        of: Quantity::Start,
        modulus,
        residues: [start % modulus].into(),
    })
}

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
