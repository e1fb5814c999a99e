//! `history`: the result does not depend on the calls before it.
//!
//! Big then small, the same address with other bytes, two running checksums in turn, and of a hasher two
//! streams in turn, a fork that goes its own way, a reset.

use super::CheckId;
use crate::case::Case;
use crate::examine::Examiner;
use crate::finding::{Finding, Kind};
use crate::memory::{GuardSide, Placement};
use crate::probe::{FILLS, From, Step, Stop};
use crate::run::Session;
use crate::subject::Stream;
use std::ops::Range;

pub(crate) fn examine(
    examiner: &mut Examiner<'_>,
    case: &Case,
    expected: u64,
    found: &mut dyn FnMut(Finding),
) {
    same_address(examiner, case, expected, found);
    if examiner.subject().takes_checksum() {
        in_turns(examiner, case, expected, found);
    }
    streams(examiner, case, expected, found);
}

/// What a broken law of this check is reported as.
const WRONG: (CheckId, Kind) = (CheckId::History, Kind::HistoryDependent);

/// A call on other bytes at the same address, then the call in question, then the other again.
fn same_address(
    examiner: &mut Examiner<'_>,
    case: &Case,
    expected: u64,
    found: &mut dyn FnMut(Finding),
) {
    let checksum = examiner.checksum_in(case);
    let length = case.message.len();
    let other = Case {
        message: case.message.iter().map(|byte| !byte).collect(),
        ..case.clone()
    };
    let judge = examiner.panel().judges()[0].as_ref();
    let of_other = judge.update(checksum, &other.message);
    let probe = &mut examiner.probe;
    let calls = [
        probe.call(case.placement, checksum, &other.message, FILLS[0]),
        probe.recall(case.placement, checksum, length, &case.message),
        probe.recall(case.placement, checksum, length, &other.message),
    ];
    let when = "after other bytes at the same address";
    for ((case, expected), outcome) in [(&other, of_other), (case, expected), (&other, of_other)]
        .into_iter()
        .zip(calls)
    {
        report(examiner, case, expected, outcome, when, found);
    }
}

/// Two running checksums that take turns with the halves of the message, then the whole and a half of it.
fn in_turns(
    examiner: &mut Examiner<'_>,
    case: &Case,
    expected: u64,
    found: &mut dyn FnMut(Finding),
) {
    let checksum = examiner.checksum_in(case);
    let fresh = examiner.model().initial_checksum();
    let length = case.message.len();
    let (whole, head, tail) = (0..length, 0..length / 2, length / 2..length);
    let judge = examiner.panel().judges()[0].as_ref();
    let of = |checksum, part: &Range<usize>| judge.update(checksum, &case.message[part.clone()]);
    let (of_head, of_tail) = (of(checksum, &head), of(fresh, &tail));
    let turns = [
        (From::Checksum(checksum), &head, of_head),
        (From::Checksum(fresh), &tail, of_tail),
        (From::Step(0), &tail, expected),
        (From::Step(1), &head, of(of_tail, &head)),
        (From::Checksum(checksum), &whole, expected),
        (From::Checksum(checksum), &head, of_head),
    ];
    let steps = turns.map(|(from, part, _)| Step {
        from,
        part: part.clone(),
    });
    let results = match examiner.probe.calls(case.placement, &case.message, &steps) {
        Ok(results) => results,
        Err(stop) => return found(examiner.stopped(case, stop)),
    };
    let mut calls = turns.iter().zip(results).enumerate();
    let Some((index, ((from, part, expected), got))) =
        calls.find(|(_, ((_, _, expected), got))| got != expected)
    else {
        return;
    };
    let checksum = match *from {
        From::Checksum(checksum) => checksum,
        From::Step(index) => turns[index].2,
    };
    let alone = Case {
        register: examiner.model().register_of(checksum),
        placement: Placement::aligned(case.placement.offset + part.start),
        message: case.message[(*part).clone()].to_vec(),
        ..case.clone()
    };
    let when = if index < 4 {
        "when two running checksums take turns"
    } else {
        "after a call on more bytes"
    };
    let finding = if examiner.is_so_alone(&alone, got) {
        let wrong = examiner.wrong(CheckId::Agree, Kind::WrongValue, &alone);
        wrong.says("gives another checksum than the oracles")
    } else {
        let wrong = examiner.wrong(WRONG.0, WRONG.1, case);
        wrong.says(format!("gives another checksum {when}"))
    };
    found(finding.values(*expected, got));
}

fn report(
    examiner: &mut Examiner<'_>,
    case: &Case,
    expected: u64,
    outcome: Result<u64, Stop>,
    when: &str,
    found: &mut dyn FnMut(Finding),
) {
    match outcome {
        Ok(got) if got == expected => {}
        Ok(got) => {
            let summary = format!("gives another checksum {when}");
            found(examiner.differs(WRONG, case, [expected, got], summary));
        }
        Err(stop) => found(examiner.stopped(case, stop)),
    }
}

/// What the streams of one case give.
struct Streams {
    in_turn: [u64; 2],
    forked: u64,
    original: u64,
    reset: u64,
    appended: Option<u64>,
}

fn streams(
    examiner: &mut Examiner<'_>,
    case: &Case,
    expected: u64,
    found: &mut dyn FnMut(Finding),
) {
    let checksum = examiner.checksum_in(case);
    let subject = examiner.subject();
    let fresh = examiner.model().initial_checksum();
    let outcome = examiner
        .probe
        .with_message(case.placement, &case.message, FILLS[0], |message| {
            let (head, tail) = message.split_at(message.len() / 2);
            Some(Streams {
                in_turn: in_turn(
                    subject.stream(checksum)?,
                    subject.stream(fresh)?,
                    head,
                    tail,
                ),
                ..forked(
                    subject.stream(checksum)?,
                    subject.stream(fresh)?,
                    head,
                    tail,
                )
            })
        });
    let streams = match outcome.map(Option::flatten) {
        Ok(Some(streams)) => streams,
        Ok(None) => return,
        Err(stop) => return found(examiner.stopped(case, stop)),
    };
    let judge = examiner.panel().judges()[0].as_ref();
    let (head, tail) = case.message.split_at(case.message.len() / 2);
    let other = judge.update(judge.update(fresh, tail), head);
    let laws = [
        (
            streams.in_turn[0],
            expected,
            "of a stream that took turns with another",
        ),
        (
            streams.in_turn[1],
            other,
            "of a stream that took turns with another",
        ),
        (streams.forked, expected, "of a fork that went on"),
        (
            streams.original,
            judge.update(checksum, head),
            "of a stream whose fork went on",
        ),
        (
            streams.reset,
            judge.update(fresh, tail),
            "of a stream that was reset",
        ),
        (
            streams.appended.unwrap_or(expected),
            expected,
            "of a stream that another was appended to",
        ),
    ];
    for (got, expected, what) in laws {
        if got != expected {
            let wrong = examiner.wrong(CheckId::History, Kind::HistoryDependent, case);
            found(
                wrong
                    .values(expected, got)
                    .says(format!("gives another checksum {what}")),
            );
        }
    }
}

fn in_turn(
    mut one: Box<dyn Stream>,
    mut other: Box<dyn Stream>,
    head: &[u8],
    tail: &[u8],
) -> [u64; 2] {
    one.update(head);
    other.update(tail);
    one.update(tail);
    other.update(head);
    [one.checksum(), other.checksum()]
}

fn forked(
    mut stream: Box<dyn Stream>,
    mut fresh: Box<dyn Stream>,
    head: &[u8],
    tail: &[u8],
) -> Streams {
    stream.update(head);
    let mut fork = stream.fork();
    fork.update(tail);
    let original = stream.checksum();
    fresh.update(tail);
    let mut joined = stream.fork();
    let appended = joined.append(fresh.as_ref()).then(|| joined.checksum());
    stream.reset();
    stream.update(tail);
    Streams {
        in_turn: [0; 2],
        forked: fork.checksum(),
        original,
        reset: stream.checksum(),
        appended,
    }
}

pub(crate) fn run(session: &mut Session<'_>) {
    let depth = session.depth();
    let mut rng = session.rng(CheckId::History, 0);
    for round in 0..depth.random_cases / 5 {
        if session.should_stop() {
            return;
        }
        // Big then small: the lengths fall through each run of sixteen.
        let limit = (depth.length_max >> (round % 16)).max(8);
        let mut message = vec![0; rng.index(limit + 1)];
        rng.fill(&mut message);
        let case = Case {
            register: session.register(rng.next_u64()),
            placement: Placement {
                offset: rng.index(64),
                guard: GuardSide::None,
            },
            message,
            ..Case::default()
        };
        let expected = session.verdict(&case);
        session.examine(&case, |examiner, found| {
            examine(examiner, &case, expected, found)
        });
    }
}
