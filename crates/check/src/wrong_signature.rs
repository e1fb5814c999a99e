//! Whether a function that no call survives is called by another signature than it has.
//!
//! A function with its parameters in another order takes a length or a checksum for an address. The
//! messages that [`guess`](crate::guess) tries show that: their lengths differ, and so does a
//! checksum, so an address that follows one of them comes from it. An address that stays where it
//! is says nothing, such as that of a null pointer of the function's own.

use crate::examiner::Examiner;
use crate::finding::Finding;
use crate::guess::{CAPACITY_BYTES, Trial, before, fitting_interfaces, trials};
use crcheck_platform::message_memory::Placement;
use crcheck_subject::{FILLS, Kind, Stop, Wait};

/// How far from an argument's value an access may be to come from it, in bytes: a word-wise loop
/// may begin behind the start, or align it.
const NEAR_BYTES: u64 = 64;

/// Whether a wrong signature may be what a finding shows.
pub(crate) fn may_explain(finding: &Finding) -> bool {
    finding.kind == Kind::Crash && !finding.case.is_null
}

/// What calls on several messages show, as the rest of a sentence that begins with the subject's
/// name. `None` if one of them returns, or if neither an argument nor another signature explains
/// the stops.
pub(crate) fn explain(examiner: &Examiner<'_>) -> Option<String> {
    let foreign = examiner.subject().foreign()?;
    let model = examiner.model().clone();
    let trials = trials(&model);
    let takes_checksum = examiner.takes_checksum();
    let checksum_of = |trial: &Trial| before(trial, &model, takes_checksum);
    // A process of its own: what calls before have done to theirs is not the signature's.
    let mut caller = crcheck_subject::open(examiner.subject(), CAPACITY_BYTES).ok()?;
    caller.renew(&examiner.caller.until());
    caller.set_wait(Wait::Short);
    let mut stops = Vec::new();
    for trial in &trials {
        if caller.is_spent() {
            return None;
        }
        let at = Placement::aligned(0);
        let outcome = caller.call(at, checksum_of(trial), &trial.message, FILLS[0]);
        stops.push(outcome.err().filter(|stop| stop.kind != Kind::Hang)?);
    }
    let checksums: Vec<u64> = trials.iter().map(checksum_of).collect();
    // What a function of registers takes.
    let registers = checksums.iter();
    let registers: Vec<u64> = registers
        .map(|checksum| model.register_of(*checksum))
        .collect();
    let lengths: Vec<u64> = trials
        .iter()
        .map(|trial| trial.message.len() as u64)
        .collect();
    // The values of an argument that a function does not take are all the same.
    let arguments = [
        ("length", &lengths),
        ("checksum", &checksums),
        ("checksum", &registers),
    ];
    let argument = arguments
        .into_iter()
        .find(|(_, values)| follows(&stops, values));
    let others = foreign.all_others();
    let fitting = fitting_interfaces(&others, &model, &trials);
    let options = match &fitting[..] {
        [only] => Some(in_one_line(&only.options)),
        _ => None,
    };
    let tried = trials.len();
    let mut text = format!("crashes on each of the {tried} messages that were tried");
    if let (Some((name, values)), Some(last)) = (argument, stops.last()) {
        text += &format!(", {}", at_argument(last, name, *values.last()?));
    }
    match (options, argument) {
        (Some(options), _) => Some(format!(
            "{text}: the signature is another one; with `{options}` it is right on \
             all of them"
        )),
        (None, Some(_)) => Some(format!("{text}: the signature may be another one")),
        (None, None) => None,
    }
}

/// Whether the addresses of the stops are at the same distance from different values.
fn follows(stops: &[Stop], values: &[u64]) -> bool {
    let distances: Option<Vec<i64>> = stops
        .iter()
        .zip(values)
        .map(|(stop, value)| Some(stop.place.address?.wrapping_sub(*value).cast_signed()))
        .collect();
    let differ = values.iter().any(|value| *value != values[0]);
    let is_near = |distances: Vec<i64>| {
        let first = distances[0];
        first.unsigned_abs() <= NEAR_BYTES && distances.iter().all(|distance| *distance == first)
    };
    differ && distances.is_some_and(is_near)
}

/// `reading at address 0x64, which is the value of the length argument`.
fn at_argument(stop: &Stop, name: &str, value: u64) -> String {
    let verb = match stop.summary.starts_with("writes") {
        true => "writing",
        false => "reading",
    };
    let address = stop.place.address.unwrap_or(value);
    let distance = address.wrapping_sub(value).cast_signed();
    let place = match distance {
        0 => "is".to_owned(),
        behind @ 1.. => format!("is {behind} behind"),
        before => format!("is {} before", before.unsigned_abs()),
    };
    format!("{verb} at address {address:#x}, which {place} the value of the {name} argument")
}

/// Options as a user would type them: a shell takes some letters of signatures for its own.
fn in_one_line(options: &[String]) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_,.:=".contains(letter);
    let quoted = options.iter().map(|word| match word.chars().all(is_plain) {
        true => word.clone(),
        false => format!("'{word}'"),
    });
    quoted.collect::<Vec<_>>().join(" ")
}
