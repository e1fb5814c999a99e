//! What is asked before anything is supposed, and what is asked to refute what is supposed.

use super::laboratory::{Call, Laboratory};
use super::when::When;
use crcheck_platform::message_memory::{GuardSide, Placement};
use crcheck_subject::FILLS;
use std::ops::Range;

/// Every length to this is asked.
const DENSE_TO: usize = 300;

/// Short lengths that are asked at the end of a page.
const CROSSING: [usize; 8] = [1, 3, 8, 15, 16, 17, 33, 64];

/// Asks the known calls, then lengths, alignments and registers at large, then around what is wrong.
pub(super) fn survey(lab: &mut Laboratory<'_>, known: &[Call]) {
    lab.observe(known.to_vec());
    let offset = lab.rng.index(63) + 1;
    for offset in [0, offset] {
        let calls: Vec<Call> = (0..=DENSE_TO)
            .map(|length| lab.random(length, Placement::aligned(offset)))
            .collect();
        lab.observe(calls);
    }
    powers(lab);
    crossing(lab);
    plain(lab);
    if let Some(longest) = known.iter().max_by_key(|call| call.length()) {
        downward(lab, longest);
    }
    let Some(shortest) = lab.wrong_from(0) else {
        return;
    };
    around(lab, &shortest);
    // What very short messages show is seldom all of it.
    let longer = lab.wrong_from(64).filter(|longer| *longer != shortest);
    if let Some(longer) = longer.filter(|_| shortest.length() < 64) {
        around(lab, &longer);
    }
}

/// Lengths around powers of two, beyond the dense ones.
fn powers(lab: &mut Laboratory<'_>) {
    for bit in 9..=16 {
        for step in [-1, 0, 1, 13, 61, 200] {
            let length = ((1_i64 << bit) + step) as usize;
            let offset = lab.rng.index(64);
            let call = lab.random(length.min(lab.length_max()), Placement::aligned(offset));
            lab.observe(vec![call]);
        }
    }
}

fn crossing(lab: &mut Laboratory<'_>) {
    for length in CROSSING {
        let guard = GuardSide::Cross;
        let calls: Vec<Call> = (0..64)
            .map(|offset| lab.random(length, Placement { offset, guard }))
            .collect();
        lab.observe(calls);
    }
}

/// Zeros and ones, as contents and as registers.
fn plain(lab: &mut Laboratory<'_>) {
    let model = lab.reference.model.clone();
    for length in [1, 4, 16, 31, 64, 200, 1024, 4100] {
        for byte in [0x00, 0xff] {
            for register in [0, model.mask()] {
                let call = lab.random(length, Placement::aligned(0));
                let call = Call {
                    checksum: model.checksum_of(register),
                    ..call
                };
                lab.observe(vec![call.with(vec![byte; length]), call]);
            }
        }
    }
}

/// One call that is wrong, with each of its properties changed by itself and with some together.
fn around(lab: &mut Laboratory<'_>, centre: &Call) {
    let length = centre.length();
    let starts = (0..64).map(|offset| Call {
        placement: Placement::aligned(offset),
        ..centre.clone()
    });
    lab.observe(starts.collect());
    let fills = FILLS.map(|fill| Call {
        fill,
        ..centre.clone()
    });
    lab.observe(fills.to_vec());
    let model = lab.reference.model.clone();
    let registers = [0, model.mask(), 1, model.mask() >> 1, lab.rng.next_u64()];
    let registers = registers.map(|register| Call {
        checksum: model.checksum_of(register),
        ..centre.clone()
    });
    lab.observe(registers.to_vec());
    let lengths = length.saturating_sub(64)..=length + 64;
    let resized: Vec<Call> = lengths.map(|length| resized(lab, centre, length)).collect();
    lab.observe(resized);
    together(lab, length);
    contents(lab, centre);
    downward(lab, centre);
    upward(lab, centre);
}

/// `centre` with another length: a prefix of it, or with random bytes behind it.
fn resized(lab: &mut Laboratory<'_>, centre: &Call, length: usize) -> Call {
    let mut message = centre.message.clone();
    message.truncate(length);
    let known = message.len();
    message.resize(length.min(lab.length_max().max(known)), 0);
    lab.rng.fill(&mut message[known..]);
    centre.with(message)
}

fn together(lab: &mut Laboratory<'_>, length: usize) {
    for _ in 0..effort(length, 200) {
        let length = length.saturating_sub(64) + lab.rng.index(129);
        let offset = lab.rng.index(64);
        let call = lab.random(length, Placement::aligned(offset));
        lab.observe(vec![call]);
    }
}

/// Other bytes, one at a time: what is left right by them depends on the data.
fn contents(lab: &mut Laboratory<'_>, centre: &Call) {
    let length = centre.length();
    let step = (length / effort(length, 128)).max(1);
    let changed: Vec<Call> = (0..length)
        .step_by(step)
        .map(|byte| {
            let mut call = centre.clone();
            call.message[byte] ^= (1 + lab.rng.index(255)) as u8;
            call
        })
        .collect();
    lab.observe(changed);
}

/// Halves the distance between a wrong length and a right one below it, in steps that keep what the
/// length is modulo 64; then every length of what is left.
fn downward(lab: &mut Laboratory<'_>, centre: &Call) {
    let (mut steps_right, mut steps_wrong) = (centre.length() / 64 + 1, 0);
    while steps_right - steps_wrong > 1 {
        let middle = usize::midpoint(steps_right, steps_wrong);
        let call = resized(lab, centre, centre.length() - 64 * middle);
        match lab.is_wrong(call) {
            Some(true) => steps_wrong = middle,
            Some(false) => steps_right = middle,
            None => return,
        }
    }
    let last = centre.length() - 64 * steps_wrong;
    every(lab, centre, last.saturating_sub(66)..last);
}

/// Every one of these lengths: from the same start, and to the same end where the start is free.
fn every(lab: &mut Laboratory<'_>, centre: &Call, lengths: Range<usize>) {
    for length in lengths {
        let call = resized(lab, centre, length);
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
        lab.observe(calls);
    }
}

/// Longer by powers of two, to where messages are made up; what turns right again is a border that is
/// looked for.
fn upward(lab: &mut Laboratory<'_>, centre: &Call) {
    let mut wrong = centre.length();
    for bit in 6..32 {
        let length = centre.length() + (1 << bit);
        if length > lab.length_max() {
            return;
        }
        let call = resized(lab, centre, length);
        match lab.is_wrong(call) {
            Some(true) => wrong = length,
            Some(false) => return between(lab, centre, wrong, length),
            None => return,
        }
    }
}

fn between(lab: &mut Laboratory<'_>, centre: &Call, mut wrong: usize, mut right: usize) {
    while right - wrong > 64 {
        let middle = wrong + (right - wrong) / 128 * 64;
        let middle = middle.max(wrong + 64);
        if middle >= right {
            break;
        }
        let call = resized(lab, centre, middle);
        match lab.is_wrong(call) {
            Some(true) => wrong = middle,
            Some(false) => right = middle,
            None => return,
        }
    }
    every(lab, centre, wrong..right);
}

/// New calls, made to refute that the fault shows just when this says so: at large, near calls that are
/// known to be wrong, where all of it holds, and where all but one condition does.
pub(super) fn fresh(lab: &mut Laboratory<'_>, when: &When) -> Vec<Call> {
    let seen: Vec<Call> = lab.wrong().iter().map(|seen| seen.call.clone()).collect();
    let mut borders = when.borders();
    borders.extend(seen.first().map(Call::length));
    let count = effort(borders.iter().copied().max().unwrap_or(0), 400);
    let mut calls = Vec::with_capacity(count);
    for index in 0..count {
        let call = match index % 4 {
            0 if !seen.is_empty() => {
                let chosen = &seen[lab.rng.index(seen.len())];
                changed(lab, chosen)
            }
            1 => satisfying(lab, when, &borders),
            2 if !when.0.is_empty() => {
                let mut all_but_one = when.clone();
                all_but_one.0.remove(index / 4 % when.0.len());
                satisfying(lab, &all_but_one, &borders)
            }
            _ => {
                let place = place(lab, &borders);
                anything(lab, place)
            }
        };
        calls.push(call);
    }
    calls
}

/// Fewer calls where messages are long, so that they take no longer.
fn effort(length: usize, count: usize) -> usize {
    if length > 8192 { count / 4 } else { count }
}

/// A call that is known to be wrong, in another place or with other bytes.
fn changed(lab: &mut Laboratory<'_>, known: &Call) -> Call {
    let mut call = known.clone();
    if lab.rng.index(2) == 0 {
        call.placement = Placement::aligned(lab.rng.index(64));
    }
    if lab.rng.index(2) == 0 {
        call.checksum = lab.rng.next_u64() & lab.reference.model.mask();
    }
    if call.length() > 0 {
        let byte = lab.rng.index(call.length());
        call.message[byte] = lab.rng.next_u64() as u8;
    }
    call
}

/// Places that are drawn in search of one where the conditions hold.
const PLACES: usize = 2000;

fn satisfying(lab: &mut Laboratory<'_>, when: &When, borders: &[usize]) -> Call {
    let mut chosen = place(lab, borders);
    for _ in 0..PLACES {
        if when.holds_at(chosen.0, chosen.1) {
            break;
        }
        chosen = place(lab, borders);
    }
    let mut call = anything(lab, chosen);
    when.impose(&mut call, &lab.reference.model);
    call
}

/// A length and a placement.
fn place(lab: &mut Laboratory<'_>, borders: &[usize]) -> (usize, Placement) {
    let border = match borders.len() {
        0 => 64,
        count => borders[lab.rng.index(count)],
    };
    let length = match lab.rng.index(8) {
        0 => lab.rng.index(65),
        1..=3 => lab.rng.index(DENSE_TO * 2),
        4 | 5 => border.saturating_sub(70) + lab.rng.index(140),
        6 => border + lab.rng.index(border.max(64)),
        _ => {
            let bits = 6 + lab.rng.index(9);
            lab.rng.index(1 << bits)
        }
    };
    let guard = if lab.rng.index(8) == 0 {
        GuardSide::Cross
    } else {
        GuardSide::None
    };
    let offset = lab.rng.index(64);
    (length, Placement { offset, guard })
}

fn anything(lab: &mut Laboratory<'_>, (length, placement): (usize, Placement)) -> Call {
    let mut call = lab.random(length, placement);
    let model = &lab.reference.model;
    match lab.rng.index(8) {
        0 => call.checksum = model.initial_checksum(),
        1 => call.checksum = model.checksum_of(0),
        _ => {}
    }
    call
}
