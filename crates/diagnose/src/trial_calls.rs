//! The calls of an experiment: the first ones, which show where answers are wrong, and those that
//! try to refute a cause.

use crate::call::Call;
use crate::conditions::Conditions;
use crate::experiment::Experiment;
use crcheck_platform::message_memory::{GuardSide, Placement};
use crcheck_subject::FILLS;
use std::ops::Range;

/// The first calls have every length up to this.
const DENSE_TO: usize = 300;

/// Short lengths for calls at the end of a page.
const CROSSING_LENGTHS: [usize; 8] = [1, 3, 8, 15, 16, 17, 33, 64];

/// Makes the first calls: the known ones, then all kinds of lengths, alignments and registers, then
/// calls similar to wrong ones.
pub(crate) fn observe_first(experiment: &mut Experiment<'_>, known: &[Call]) {
    experiment.observe(known.to_vec());
    let offset = experiment.rng.index(63) + 1;
    for offset in [0, offset] {
        let calls: Vec<Call> = (0..=DENSE_TO)
            .map(|length| experiment.draw_call(length, Placement::aligned(offset)))
            .collect();
        experiment.observe(calls);
    }
    observe_near_powers_of_two(experiment);
    observe_page_ends(experiment);
    observe_uniform(experiment);
    if let Some(longest) = known.iter().max_by_key(|call| call.length()) {
        search_shorter(experiment, longest);
    }
    let Some(shortest) = experiment.wrong_call_from(0) else {
        return;
    };
    observe_variations(experiment, &shortest);
    // Very short messages seldom show all that is wrong.
    let longer = experiment
        .wrong_call_from(64)
        .filter(|longer| *longer != shortest);
    if let Some(longer) = longer.filter(|_| shortest.length() < 64) {
        observe_variations(experiment, &longer);
    }
}

/// Lengths near powers of two, beyond the dense ones.
fn observe_near_powers_of_two(experiment: &mut Experiment<'_>) {
    for bit in 9..=16 {
        for step in [-1, 0, 1, 13, 61, 200] {
            let length = ((1_i64 << bit) + step) as usize;
            let offset = experiment.rng.index(64);
            let call = experiment.draw_call(
                length.min(experiment.length_max()),
                Placement::aligned(offset),
            );
            experiment.observe(vec![call]);
        }
    }
}

/// Short messages at and across the end of a page.
fn observe_page_ends(experiment: &mut Experiment<'_>) {
    for length in CROSSING_LENGTHS {
        let guard = GuardSide::Cross;
        let calls: Vec<Call> = (0..64)
            .map(|offset| experiment.draw_call(length, Placement { offset, guard }))
            .collect();
        experiment.observe(calls);
    }
}

/// Messages and registers of zeros or of ones.
fn observe_uniform(experiment: &mut Experiment<'_>) {
    let model = experiment.reference.model.clone();
    for length in [1, 4, 16, 31, 64, 200, 1024, 4100] {
        for byte in [0x00, 0xff] {
            for register in [0, model.mask()] {
                let call = experiment.draw_call(length, Placement::aligned(0));
                let call = Call {
                    checksum: model.checksum_of(register),
                    ..call
                };
                experiment.observe(vec![call.with_message(vec![byte; length]), call]);
            }
        }
    }
}

/// Variations of a wrong call: each property by itself, then some together.
fn observe_variations(experiment: &mut Experiment<'_>, centre: &Call) {
    let length = centre.length();
    let starts = (0..64).map(|offset| Call {
        placement: Placement::aligned(offset),
        ..centre.clone()
    });
    experiment.observe(starts.collect());
    let fills = FILLS.map(|fill| Call {
        fill,
        ..centre.clone()
    });
    experiment.observe(fills.to_vec());
    let model = experiment.reference.model.clone();
    let registers = [
        0,
        model.mask(),
        1,
        model.mask() >> 1,
        experiment.rng.next_u64(),
    ];
    let registers = registers.map(|register| Call {
        checksum: model.checksum_of(register),
        ..centre.clone()
    });
    experiment.observe(registers.to_vec());
    let lengths = length.saturating_sub(64)..=length + 64;
    let resized: Vec<Call> = lengths
        .map(|length| resize(experiment, centre, length))
        .collect();
    let before = experiment.observations.len();
    experiment.observe(resized);
    let wrong = experiment.observations[before..].iter();
    if wrong.filter(|seen| seen.is_wrong()).count() <= FEW {
        observe_periods(experiment, centre);
    }
    observe_similar_lengths(experiment, length);
    observe_changed_bytes(experiment, centre);
    search_shorter(experiment, centre);
    search_longer(experiment, centre);
}

/// If no more lengths than this are wrong near a wrong one, it may recur with a long period.
const FEW: usize = 4;

/// The lengths of three periods of up to 256 bytes.
const PERIODS_BYTES: usize = 3 * 256;

/// Every length from a wrong one on, so that its period shows.
fn observe_periods(experiment: &mut Experiment<'_>, centre: &Call) {
    let lengths = centre.length() + 65..=centre.length() + PERIODS_BYTES;
    let resized: Vec<Call> = lengths
        .map(|length| resize(experiment, centre, length))
        .collect();
    experiment.observe(resized);
}

/// `centre` with another length: a prefix of it, or it with random bytes after it.
fn resize(experiment: &mut Experiment<'_>, centre: &Call, length: usize) -> Call {
    let mut message = centre.message.clone();
    message.truncate(length);
    let known = message.len();
    message.resize(length.min(experiment.length_max().max(known)), 0);
    experiment.rng.fill(&mut message[known..]);
    centre.with_message(message)
}

/// Random calls of lengths near `length`.
fn observe_similar_lengths(experiment: &mut Experiment<'_>, length: usize) {
    for _ in 0..affordable(length, 200) {
        let length = length.saturating_sub(64) + experiment.rng.index(129);
        let offset = experiment.rng.index(64);
        let call = experiment.draw_call(length, Placement::aligned(offset));
        experiment.observe(vec![call]);
    }
}

/// The wrong call with one byte changed. If the answer is right then, it depends on the data.
fn observe_changed_bytes(experiment: &mut Experiment<'_>, centre: &Call) {
    let length = centre.length();
    let step = (length / affordable(length, 128)).max(1);
    let changed: Vec<Call> = (0..length)
        .step_by(step)
        .map(|byte| {
            let mut call = centre.clone();
            call.message[byte] ^= (1 + experiment.rng.index(255)) as u8;
            call
        })
        .collect();
    experiment.observe(changed);
}

/// Searches for the least wrong length: bisects between a right length and a wrong one, in steps
/// that keep the length modulo 64. Then observes every length of the rest.
fn search_shorter(experiment: &mut Experiment<'_>, centre: &Call) {
    let (mut steps_right, mut steps_wrong) = (centre.length() / 64 + 1, 0);
    while steps_right - steps_wrong > 1 {
        let middle = usize::midpoint(steps_right, steps_wrong);
        let call = resize(experiment, centre, centre.length() - 64 * middle);
        match experiment.observe_one(call) {
            Some(true) => steps_wrong = middle,
            Some(false) => steps_right = middle,
            None => return,
        }
    }
    let last = centre.length() - 64 * steps_wrong;
    observe_every_length(experiment, centre, last.saturating_sub(66)..last);
}

/// Every one of these lengths, from the same start. If the start is free, also to the same end.
fn observe_every_length(experiment: &mut Experiment<'_>, centre: &Call, lengths: Range<usize>) {
    for length in lengths {
        let call = resize(experiment, centre, length);
        let Placement { offset, guard } = call.placement;
        let mut calls = vec![call];
        if guard == GuardSide::None {
            let end = offset + centre.length();
            let placement = Placement::aligned(end.wrapping_sub(length) % 64);
            calls.push(Call {
                placement,
                ..calls[0].clone()
            });
        }
        experiment.observe(calls);
    }
}

/// Adds powers of two to the wrong length. If the answer is right again, searches for the border.
fn search_longer(experiment: &mut Experiment<'_>, centre: &Call) {
    let mut wrong = centre.length();
    for bit in 6..32 {
        let length = centre.length() + (1 << bit);
        if length > experiment.length_max() {
            return;
        }
        let call = resize(experiment, centre, length);
        match experiment.observe_one(call) {
            Some(true) => wrong = length,
            Some(false) => return search_border(experiment, centre, wrong, length),
            None => return,
        }
    }
}

/// Bisects between a wrong length and a right one above it. Then observes every length of the rest.
fn search_border(
    experiment: &mut Experiment<'_>,
    centre: &Call,
    mut wrong: usize,
    mut right: usize,
) {
    while right - wrong > 64 {
        let middle = wrong + (right - wrong) / 128 * 64;
        let middle = middle.max(wrong + 64);
        if middle >= right {
            break;
        }
        let call = resize(experiment, centre, middle);
        match experiment.observe_one(call) {
            Some(true) => wrong = middle,
            Some(false) => right = middle,
            None => return,
        }
    }
    observe_every_length(experiment, centre, wrong..right);
}

/// New calls that try to refute a cause with these conditions. A quarter each: variations of wrong
/// calls; calls for which all conditions hold; calls for which all but one hold; any calls.
pub(crate) fn draw_refuting(experiment: &mut Experiment<'_>, conditions: &Conditions) -> Vec<Call> {
    let wrong: Vec<Call> = experiment
        .wrong()
        .iter()
        .map(|seen| seen.call.clone())
        .collect();
    let mut borders = conditions.borders();
    borders.extend(wrong.first().map(Call::length));
    let count = affordable(borders.iter().copied().max().unwrap_or(0), 400);
    let mut calls = Vec::with_capacity(count);
    for index in 0..count {
        let call = match index % 4 {
            0 if !wrong.is_empty() => {
                let chosen = &wrong[experiment.rng.index(wrong.len())];
                draw_variation(experiment, chosen)
            }
            1 => draw_satisfying(experiment, conditions, &borders),
            2 if !conditions.0.is_empty() => {
                let mut all_but_one = conditions.clone();
                all_but_one.0.remove(index / 4 % conditions.0.len());
                draw_satisfying(experiment, &all_but_one, &borders)
            }
            _ => {
                let place = draw_place(experiment, &borders);
                draw_at(experiment, place)
            }
        };
        calls.push(call);
    }
    calls
}

/// `count` calls, or fewer if messages are long, so that they take the same time.
fn affordable(length: usize, count: usize) -> usize {
    if length > 8192 { count / 4 } else { count }
}

/// A wrong call with one changed byte, perhaps at another place or from another checksum.
fn draw_variation(experiment: &mut Experiment<'_>, wrong: &Call) -> Call {
    let mut call = wrong.clone();
    if experiment.rng.index(2) == 0 {
        call.placement = Placement::aligned(experiment.rng.index(64));
    }
    if experiment.rng.index(2) == 0 {
        call.checksum = experiment.rng.next_u64() & experiment.reference.model.mask();
    }
    if call.length() > 0 {
        let byte = experiment.rng.index(call.length());
        call.message[byte] = experiment.rng.next_u64() as u8;
    }
    call
}

/// Attempts to find a place where conditions can hold.
const PLACES_MAX: usize = 2000;

/// A call for which the conditions hold, if it finds a place for them.
fn draw_satisfying(
    experiment: &mut Experiment<'_>,
    conditions: &Conditions,
    borders: &[usize],
) -> Call {
    let mut place = draw_place(experiment, borders);
    for _ in 0..PLACES_MAX {
        let (length, placement) = place;
        if conditions.can_hold_at(length, placement) {
            break;
        }
        place = draw_place(experiment, borders);
    }
    let mut call = draw_at(experiment, place);
    conditions.impose(&mut call, &experiment.reference.model);
    call
}

/// A length and a placement. Many of the lengths are near a border.
fn draw_place(experiment: &mut Experiment<'_>, borders: &[usize]) -> (usize, Placement) {
    let border = match borders.len() {
        0 => 64,
        count => borders[experiment.rng.index(count)],
    };
    let length = match experiment.rng.index(8) {
        0 => experiment.rng.index(65),
        1..=3 => experiment.rng.index(DENSE_TO * 2),
        4 | 5 => border.saturating_sub(70) + experiment.rng.index(140),
        6 => border + experiment.rng.index(border.max(64)),
        _ => {
            let bits = 6 + experiment.rng.index(9);
            experiment.rng.index(1 << bits)
        }
    };
    let guard = if experiment.rng.index(8) == 0 {
        GuardSide::Cross
    } else {
        GuardSide::None
    };
    let offset = experiment.rng.index(64);
    (length, Placement { offset, guard })
}

/// A call of this length at this placement. Some registers are the initial one or 0.
fn draw_at(experiment: &mut Experiment<'_>, (length, placement): (usize, Placement)) -> Call {
    let mut call = experiment.draw_call(length, placement);
    let model = &experiment.reference.model;
    match experiment.rng.index(8) {
        0 => call.checksum = model.initial_checksum(),
        1 => call.checksum = model.checksum_of(0),
        _ => {}
    }
    call
}
