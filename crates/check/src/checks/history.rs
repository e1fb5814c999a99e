//! `history`: the result does not depend on the calls before it.
//!
//! It judges a small message after a big one, other bytes at the same address, and two running
//! checksums that take turns. Of a hasher it judges two streams that take turns, a fork, and a
//! reset; of a library's streams, sequences of operations too.

use super::check::{Answer, Check, Fuzzing, Minimize, shows_in_one_call};
use super::split;
use crate::case::Case;
use crate::depth::Depth;
use crate::effort::Effort;
use crate::examiner::Examiner;
use crate::finding::Finding;
use crate::session::Session;
use crate::stream_judge::{self, SequenceSize, StreamLaws};
use crcheck_oracle::model::Model;
use crcheck_platform::message_memory::{GuardSide, Placement};
use crcheck_subject::{CheckId, FILLS, Kind, Origin, Step, Stop, Stream, Subject, Turns};
use std::ops::Range;

pub const ID: CheckId = CheckId::new("history");

pub static CHECK: Check = Check {
    kinds: &[Kind::HistoryDependent],
    shows,
    minimize: Minimize::By(examine_small),
    fuzzing: Fuzzing::Rationed,
    effort,
    ..Check::new(
        ID,
        "the result does not depend on the calls before it",
        5,
        run,
        examine,
    )
};

fn effort(depth: &Depth) -> Effort {
    // A case takes nine calls; a case in sixteen has a message of any length.
    Effort::new(9 * depth.random_cases / 5, depth.length_max / 16)
}

pub(crate) fn examine(
    examiner: &mut Examiner<'_>,
    case: &Case,
    expected: u64,
    found: &mut dyn FnMut(Finding),
) {
    examine_calls(examiner, case, expected, found);
    judge_operations(examiner, case, found);
}

/// Judges several streams of a library.
fn judge_operations(examiner: &mut Examiner<'_>, case: &Case, found: &mut dyn FnMut(Finding)) {
    let size = SequenceSize::Whole;
    stream_judge::judge(examiner, case, &STREAM_LAWS, size, found);
}

/// Judges the case as [`examine`] does. A finding on a sequence of operations has the smallest one.
fn examine_small(
    examiner: &mut Examiner<'_>,
    case: &Case,
    expected: u64,
    found: &mut dyn FnMut(Finding),
) {
    examine_calls(examiner, case, expected, found);
    let size = SequenceSize::Smallest;
    stream_judge::judge(examiner, case, &STREAM_LAWS, size, found);
}

fn examine_calls(
    examiner: &mut Examiner<'_>,
    case: &Case,
    expected: u64,
    found: &mut dyn FnMut(Finding),
) {
    judge_at_one_address(examiner, case, expected, found);
    if examiner.takes_checksum() {
        judge_turns(examiner, case, expected, found);
    }
    judge_streams(examiner, case, expected, found);
}

/// Below this width a checksum is the same by chance at one of 64 addresses.
const TELLING_WIDTH: u8 = 16;

/// Whether a call on the case gives the same wrong checksum, wherever it lies: the calls that tell
/// the subject's history from its other faults may lie elsewhere.
fn shows(model: &Model, finding: &Finding, answer: &mut Answer<'_>) -> bool {
    if shows_in_one_call(model, finding, answer) {
        return true;
    }
    let mut offsets = 0..64;
    model.width >= TELLING_WIDTH
        && offsets.any(|offset| {
            let mut moved = finding.clone();
            moved.case.placement = Placement::aligned(offset);
            shows_in_one_call(model, &moved, answer)
        })
}

/// The check and the kind of this check's own findings.
const WRONG: (CheckId, Kind) = (ID, Kind::HistoryDependent);

const STREAM_LAWS: StreamLaws = StreamLaws {
    history: WRONG,
    split: split::LAW,
};

/// The case with every byte inverted.
fn inverted(case: &Case) -> Case {
    Case {
        message: case.message.iter().map(|byte| !byte).collect(),
        ..case.clone()
    }
}

/// Makes a call on other bytes at the same address, then the call on the case, then the other
/// again.
fn judge_at_one_address(
    examiner: &mut Examiner<'_>,
    case: &Case,
    expected: u64,
    found: &mut dyn FnMut(Finding),
) {
    let checksum = examiner.checksum_in(case);
    let length = case.message.len();
    let other = inverted(case);
    let judge = examiner.panel().judges()[0].as_ref();
    let of_other = judge.update(checksum, &other.message);
    let caller = &mut examiner.caller;
    let calls = [
        caller.call(case.placement, checksum, &other.message, FILLS[0]),
        caller.recall(case.placement, checksum, length, &case.message),
        caller.recall(case.placement, checksum, length, &other.message),
    ];
    let summary = "gives another checksum after other bytes at the same address";
    for ((case, expected), outcome) in [(&other, of_other), (case, expected), (&other, of_other)]
        .into_iter()
        .zip(calls)
    {
        examiner.judge_outcome(WRONG, case, expected, outcome, summary, found);
    }
}

/// The checksum that each call goes on from, its part of the message, and its expected checksum.
fn expected_turns(
    examiner: &Examiner<'_>,
    case: &Case,
    expected: u64,
) -> [(Origin, Range<usize>, u64); 6] {
    let checksum = examiner.checksum_in(case);
    let fresh = examiner.model().initial_checksum();
    let length = case.message.len();
    let (whole, head, tail) = (0..length, 0..length / 2, length / 2..length);
    let judge = examiner.panel().judges()[0].as_ref();
    let of = |checksum, part: &Range<usize>| judge.update(checksum, &case.message[part.clone()]);
    let (of_head, of_tail) = (of(checksum, &head), of(fresh, &tail));
    [
        (Origin::Checksum(checksum), head.clone(), of_head),
        (Origin::Checksum(fresh), tail.clone(), of_tail),
        (Origin::Step(0), tail, expected),
        (Origin::Step(1), head.clone(), of(of_tail, &head)),
        (Origin::Checksum(checksum), whole, expected),
        (Origin::Checksum(checksum), head, of_head),
    ]
}

/// Judges two running checksums that take turns on the halves of the message, then the whole
/// message and a half of it.
fn judge_turns(
    examiner: &mut Examiner<'_>,
    case: &Case,
    expected: u64,
    found: &mut dyn FnMut(Finding),
) {
    let turns = expected_turns(examiner, case, expected);
    let steps = turns.clone().map(|(origin, part, _)| Step { origin, part });
    let results = match examiner.caller.calls(case.placement, &case.message, &steps) {
        Ok(results) => results,
        Err(stop) => return found(examiner.stopped(case, stop)),
    };
    let mut calls = turns.iter().zip(results).enumerate();
    let Some((index, ((origin, part, expected), got))) =
        calls.find(|(_, ((_, _, expected), got))| got != expected)
    else {
        return;
    };
    let checksum = match *origin {
        Origin::Checksum(checksum) => checksum,
        Origin::Step(index) => turns[index].2,
    };
    // The control call is the same call at the same address, without the calls before it.
    if examiner.call_part_alone(case, part, checksum) == Ok(got) {
        let alone = examiner.case_of_part(case, part, checksum);
        return found(examiner.wrong_value(&alone, *expected, got));
    }
    let when = if index < 4 {
        "when two running checksums take turns"
    } else {
        "after a call on more bytes"
    };
    let wrong = examiner.wrong(WRONG.0, WRONG.1, case);
    let wrong = wrong.values(*expected, got);
    found(wrong.says(format!("gives another checksum {when}")));
}

/// The checksums of the streams of one case.
struct Streams {
    in_turn: [u64; 2],
    forked: u64,
    original: u64,
    reset: u64,
    appended: Option<u64>,
    plain: PlainStreams,
}

/// The checksums of new streams that receive the same pieces, and nothing else happens to them.
struct PlainStreams {
    whole: u64,
    other: u64,
    head: u64,
    tail: u64,
}

/// How many updates the streams of one case receive.
const CALLS_OF_STREAMS: u64 = 14;

fn judge_streams(
    examiner: &mut Examiner<'_>,
    case: &Case,
    expected: u64,
    found: &mut dyn FnMut(Finding),
) {
    let checksum = examiner.checksum_in(case);
    let subject = examiner.subject();
    let fresh = examiner.model().initial_checksum();
    let mut streams = None;
    let mut run = |message: &[u8]| streams = run_streams(subject, checksum, fresh, message);
    let caller = &mut examiner.caller;
    if let Err(stop) = caller.with_message(case.placement, &case.message, FILLS[0], &mut run) {
        return found(examiner.stopped(case, stop));
    }
    let Some(streams) = streams else {
        return;
    };
    examiner.count_calls(CALLS_OF_STREAMS);
    let judge = examiner.panel().judges()[0].as_ref();
    let (head, tail) = case.message.split_at(case.message.len() / 2);
    let other = judge.update(judge.update(fresh, tail), head);
    let plain = &streams.plain;
    let in_turn = "of a stream that took turns with another";
    let laws = [
        (streams.in_turn[0], expected, plain.whole, in_turn),
        (streams.in_turn[1], other, plain.other, in_turn),
        (
            streams.forked,
            expected,
            plain.whole,
            "of a fork that went on",
        ),
        (
            streams.original,
            judge.update(checksum, head),
            plain.head,
            "of a stream whose fork went on",
        ),
        (
            streams.reset,
            judge.update(fresh, tail),
            plain.tail,
            "of a stream that was reset",
        ),
        (
            streams.appended.unwrap_or(expected),
            expected,
            plain.whole,
            "of a stream that another was appended to",
        ),
    ];
    for (got, expected, plain, what) in laws {
        // A new stream that is wrong in the same way on the same pieces has no history: `split`
        // judges that.
        if got != expected && got != plain {
            let wrong = examiner.wrong(ID, Kind::HistoryDependent, case);
            found(
                wrong
                    .values(expected, got)
                    .says(format!("gives another checksum {what}")),
            );
        }
    }
}

/// Runs streams that start at `checksum` and at `fresh` on the halves of `message`; `None` if the
/// subject has no streams.
fn run_streams(
    subject: &dyn Subject,
    checksum: u64,
    fresh: u64,
    message: &[u8],
) -> Option<Streams> {
    let (head, tail) = message.split_at(message.len() / 2);
    let of = |checksum, pieces: &[&[u8]]| {
        let mut stream = subject.stream(checksum)?;
        pieces.iter().for_each(|piece| stream.update(piece));
        Some(stream.checksum())
    };
    let plain = PlainStreams {
        whole: of(checksum, &[head, tail])?,
        other: of(fresh, &[tail, head])?,
        head: of(checksum, &[head])?,
        tail: of(fresh, &[tail])?,
    };
    let two = || Some((subject.stream(checksum)?, subject.stream(fresh)?));
    let ((one, other), (stream, clean)) = (two()?, two()?);
    let in_turn = run_in_turn(one, other, head, tail);
    Some(run_forked(stream, clean, head, tail, in_turn, plain))
}

fn run_in_turn(
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

fn run_forked(
    mut stream: Box<dyn Stream>,
    mut fresh: Box<dyn Stream>,
    head: &[u8],
    tail: &[u8],
    in_turn: [u64; 2],
    plain: PlainStreams,
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
        in_turn,
        plain,
        forked: fork.checksum(),
        original,
        reset: stream.checksum(),
        appended,
    }
}

/// How many cases of another process are judged at a time.
const AT_A_TIME: usize = 64;

/// One run of sixteen cases in this number is judged case by case all the same. Then no other call
/// comes between the calls on one address, after which a subject might forget.
const ALONE_ONE_IN: usize = 8;

fn run(session: &mut Session<'_>) {
    let depth = session.depth();
    let mut rng = session.rng(0);
    let mut batch = Vec::new();
    let is_foreign = session.subject().foreign().is_some();
    session.expect_cases(depth.random_cases / 5);
    for round in 0..depth.random_cases / 5 {
        if session.should_stop() {
            return;
        }
        // A big message comes before a small one: the lengths fall within each run of sixteen.
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
        if !session.takes_case() {
            continue;
        }
        let expected = session.expected_checksum(&case);
        // A run of sixteen keeps its order.
        if is_foreign && round / 16 % ALONE_ONE_IN != 0 {
            batch.push((case, expected));
            if batch.len() == AT_A_TIME && !judge_batch(session, std::mem::take(&mut batch)) {
                return;
            }
        } else {
            session.examine(&case, |examiner, found| {
                examine(examiner, &case, expected, found)
            });
        }
    }
    judge_batch(session, batch);
}

/// Judges cases of another process in a few requests. A case that is not right is judged again by
/// itself. Returns `false` if the run was stopped before the end.
fn judge_batch(session: &mut Session<'_>, cases: Vec<(Case, u64)>) -> bool {
    let others: Vec<Case> = cases.iter().map(|(case, _)| inverted(case)).collect();
    let examiner = &mut session.examiner;
    let judge = examiner.panel().judges()[0].as_ref();
    let call_all = |examiner: &mut Examiner<'_>, cases: &mut dyn Iterator<Item = &Case>| {
        let turns: Vec<Turns<'_>> = cases
            .map(|case| Turns {
                placement: case.placement,
                message: &case.message,
                steps: vec![Step {
                    origin: Origin::Checksum(examiner.checksum_in(case)),
                    part: 0..case.message.len(),
                }],
            })
            .collect();
        examiner.caller.turns(&turns)
    };
    // The messages lie at the same places each time.
    let first = call_all(examiner, &mut others.iter());
    let second = call_all(examiner, &mut cases.iter().map(|(case, _)| case));
    let third = call_all(examiner, &mut others.iter());
    let turns: Vec<Turns<'_>> = if examiner.takes_checksum() {
        let turns = cases.iter().map(|(case, expected)| {
            let steps = expected_turns(examiner, case, *expected)
                .map(|(origin, part, _)| Step { origin, part });
            Turns {
                placement: case.placement,
                message: &case.message,
                steps: steps.to_vec(),
            }
        });
        turns.collect()
    } else {
        Vec::new()
    };
    let in_turns = examiner.caller.turns(&turns);
    let outcomes = first.into_iter().zip(second).zip(third).enumerate();
    for (index, ((first, second), third)) in outcomes {
        let (case, expected) = &cases[index];
        let examiner = &mut session.examiner;
        let of_other = judge.update(examiner.checksum_in(case), &others[index].message);
        let mut wanted = vec![of_other, *expected, of_other];
        let mut outcome = [first, second, third];
        let mut got: Result<Vec<u64>, Option<Stop>> = Ok(Vec::new());
        for one in &mut outcome {
            got = got.and_then(|got| {
                let one = std::mem::replace(one, Err(None))?;
                Ok([got, one].concat())
            });
        }
        if let Some(in_turn) = in_turns.get(index) {
            wanted.extend(expected_turns(examiner, case, *expected).map(|(_, _, result)| result));
            got = got.and_then(|got| Ok([got, in_turn.clone()?].concat()));
        }
        let is_right = got.as_ref() == Ok(&wanted);
        let is_stream = session.examiner.capabilities().streams.is_some();
        if (!is_right || is_stream) && session.should_stop() {
            return false;
        }
        session.visit(case);
        if !is_right {
            session.recheck_alone(
                |examiner, found| examine(examiner, case, *expected, found),
                |examiner| finding_among_others(examiner, case, &wanted, got),
            );
        } else if is_stream {
            session.collect(|examiner, found| judge_operations(examiner, case, found));
        }
    }
    true
}

fn finding_among_others(
    examiner: &Examiner<'_>,
    case: &Case,
    wanted: &[u64],
    got: Result<Vec<u64>, Option<Stop>>,
) -> Option<Finding> {
    match got {
        Ok(got) => {
            let mut pairs = wanted.iter().zip(got);
            let (expected, got) = pairs.find(|(wanted, got)| *wanted != got)?;
            let wrong = examiner
                .wrong(WRONG.0, WRONG.1, case)
                .values(*expected, got);
            Some(wrong.says("gives another checksum after other calls"))
        }
        Err(stop) => Some(examiner.stopped(case, stop?)),
    }
}
