//! `combine`: combine(a, b, len) is the checksum of the concatenation.
//!
//! The oracle's powers of the map of one zero byte judge lengths that no message has.

use super::check::{Check, Fuzzing, NULL_POINTER};
use super::phrases::unless_program;
use crate::case::Case;
use crate::examiner::Examiner;
use crate::far_combination::{FarCombination, LEN_C};
use crate::fast_law::COMBINED;
use crate::finding::Finding;
use crate::session::Session;
use crcheck_platform::message_memory::Placement;
use crcheck_platform::signal;
use crcheck_subject::{CheckId, Kind, Stop, Subject, explain};

pub const ID: CheckId = CheckId::new("combine");

pub static CHECK: Check = Check {
    kinds: &[Kind::Combine],
    unsuited: |of| unless_program(of, "a program is asked for checksums only"),
    unfit: |subject, case| without_combine(subject).or(case.is_null.then_some(NULL_POINTER)),
    unplanned: |subject, _| without_combine(subject).map(str::to_owned),
    fuzzing: Fuzzing::EachInput(&[&COMBINED]),
    // `combine` is not the function whose entries the subject counts.
    enters_code: false,
    ..Check::new(
        ID,
        "combine(a, b, len) is the checksum of the concatenation",
        2,
        run,
        examine,
    )
};

fn without_combine(subject: &dyn Subject) -> Option<&'static str> {
    let combined = subject.combine(0, subject.model().initial_checksum(), 0);
    combined.is_none().then_some("the subject has no combine")
}

/// Combines the checksums of both parts of the message, which it cuts at its first split or,
/// without one, in its middle.
pub(crate) fn examine(
    examiner: &mut Examiner<'_>,
    case: &Case,
    expected: u64,
    found: &mut dyn FnMut(Finding),
) {
    let (head, tail) = case.message.split_at(case.cut());
    let judge = examiner.panel().judges()[0].as_ref();
    let a = judge.update(examiner.checksum_in(case), head);
    let b = judge.update(examiner.model().initial_checksum(), tail);
    if let Some(outcome) = call(examiner, a, b, tail.len() as u64) {
        match outcome {
            Ok(got) if got == expected => {}
            Ok(got) => {
                let wrong = examiner.wrong(ID, Kind::Combine, case);
                let summary = format!("combine with {} bytes gives another checksum", tail.len());
                found(wrong.values(expected, got).says(summary));
            }
            Err(stop) => found(examiner.stopped(case, stop)),
        }
    }
    judge_far_length(examiner, case, found);
}

fn call(examiner: &Examiner<'_>, a: u64, b: u64, len_b: u64) -> Option<Result<u64, Stop>> {
    let subject = examiner.subject();
    examiner.count_calls(1);
    let outcome = signal::catch(|| subject.combine(a, b, len_b));
    outcome
        .map_err(|caught| explain(caught, &(0..0)))
        .transpose()
}

fn run(session: &mut Session<'_>) {
    judge_concatenations(session);
    judge_far_lengths(session);
}

/// Judges real messages: every small length of the second part, and random ones.
fn judge_concatenations(session: &mut Session<'_>) {
    let mut rng = session.rng(0);
    let depth = session.depth();
    for round in 0..=depth.random_cases / 10 {
        if session.should_stop() {
            return;
        }
        let len_b = if round <= 320 {
            round
        } else {
            rng.index(depth.length_max)
        };
        let head = rng.index(100);
        let mut message = vec![0; head + len_b];
        rng.fill(&mut message);
        let case = Case {
            register: session.register(rng.next_u64()),
            placement: Placement::aligned(0),
            splits: vec![head],
            message,
            ..Case::default()
        };
        let expected = session.expected_checksum(&case);
        session.examine(&case, |examiner, found| {
            examine(examiner, &case, expected, found)
        });
    }
}

/// Judges lengths of the second part up to 2^64 - 1: 0, every power of two with its neighbours, and
/// random ones.
fn judge_far_lengths(session: &mut Session<'_>) {
    let mut rng = session.rng(1);
    let powers = (0..64).flat_map(|bit| {
        let power = 1_u64 << bit;
        [power - 1, power, power + 1]
    });
    let random: Vec<u64> = (0..200).map(|bit| rng.next_u64() >> (bit % 64)).collect();
    for len_b in powers.chain(random).chain([u64::MAX]) {
        if session.should_stop() {
            return;
        }
        let case = Case {
            register: session.register(rng.next_u64()),
            message: len_b.to_le_bytes().to_vec(),
            ..Case::default()
        };
        session.examine(&case, |examiner, found| {
            judge_far_length(examiner, &case, found)
        });
    }
}

/// Judges the law, and that combining is associative, over the far length of a case.
fn judge_far_length(examiner: &Examiner<'_>, case: &Case, found: &mut dyn FnMut(Finding)) {
    let far = FarCombination::of(case, examiner.model());
    let ([a, b, _], len_b) = (far.sums, far.len_b);
    match call(examiner, a, b, len_b) {
        Some(Ok(got)) if got != far.expected => {
            let wrong = examiner.wrong(ID, Kind::Combine, case);
            let summary = format!("combine({a:#x}, {b:#x}, {len_b}) gives another checksum");
            found(wrong.values(far.expected, got).says(summary));
        }
        Some(Ok(_)) => judge_associativity(examiner, case, &far, found),
        Some(Err(stop)) => found(examiner.stopped(case, stop)),
        None => {}
    }
}

/// Judges (A B) C = A (B C).
fn judge_associativity(
    examiner: &Examiner<'_>,
    case: &Case,
    far: &FarCombination,
    found: &mut dyn FnMut(Finding),
) {
    let ([a, b, c], len_b) = (far.sums, far.len_b);
    let Some(len_bc) = len_b.checked_add(LEN_C) else {
        return;
    };
    let left = call(examiner, a, b, len_b)
        .and_then(Result::ok)
        .and_then(|joined| call(examiner, joined, c, LEN_C)?.ok());
    let right = call(examiner, b, c, LEN_C)
        .and_then(Result::ok)
        .and_then(|joined| call(examiner, a, joined, len_bc)?.ok());
    if let (Some(left), Some(right)) = (left, right)
        && left != right
    {
        let wrong = examiner.wrong(ID, Kind::Combine, case);
        let summary = format!("combine is not associative for lengths {len_b} and {LEN_C}");
        found(wrong.values(left, right).says(summary));
    }
}
