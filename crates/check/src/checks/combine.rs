//! `combine`: combine(a, b, len) is the checksum of the concatenation.
//!
//! The oracle's powers of the map of one zero byte judge lengths that no message has.

use super::check::{Check, Fuzzing, NULL_POINTER};
use super::phrases::unless_program;
use crate::case::Case;
use crate::check_result::Skip;
use crate::coverage::visited::Visited;
use crate::depth::Depth;
use crate::examiner::Examiner;
use crate::far_combination::{FarCombination, LEN_C};
use crate::fast_law::COMBINED;
use crate::finding::{Finding, MessageForm};
use crate::session::Session;
use crcheck_platform::message_memory::Placement;
use crcheck_subject::{CheckId, CombineLengths, Form, Kind, Stop, Subject};

pub const ID: CheckId = CheckId::new("combine");

pub static CHECK: Check = Check {
    kinds: &[Kind::Combine],
    unsuited: |of| unless_program(of, "a program is asked for checksums only"),
    unfit: |subject, case| without_combine(subject).or(case.is_null.then_some(NULL_POINTER)),
    unplanned: |subject, _| without_combine(subject).map(str::to_owned),
    fuzzing: Fuzzing::EachInput(&[&COMBINED]),
    // `combine` is not the function whose entries the subject counts.
    enters_code: false,
    coverage: Some(coverage),
    ..Check::new(
        ID,
        "combine(a, b, len) is the checksum of the concatenation",
        2,
        run,
        examine,
    )
};

fn without_combine(subject: &dyn Subject) -> Option<&'static str> {
    if subject.has_combine() {
        return None;
    }
    Some(match subject.capabilities().form {
        Form::Library => "--combine names no function for it",
        Form::Code if subject.interpreted().is_some() => "combine is no code of a tier",
        Form::Code | Form::Program => "the subject has no combine",
    })
}

fn coverage(depth: &Depth, _: &Visited) -> String {
    format!(
        "second parts of 0 to {SMALL_TO} bytes and of up to {} at random; lengths that no message \
         has, around each power of two, up to 2^64 - 1 bytes, except those not covered",
        depth.length_max
    )
}

/// The second part has every length up to this, in bytes.
const SMALL_TO: usize = 320;

/// Combines the checksums of both parts of the message, which it cuts at its first split or,
/// without one, in its middle.
pub(crate) fn examine(
    examiner: &mut Examiner<'_>,
    case: &Case,
    expected: u64,
    found: &mut dyn FnMut(Finding),
) {
    let (head, tail) = case.message.split_at(case.cut());
    let right = examiner.panel().judges()[0].as_ref();
    let a = right.update(examiner.checksum_in(case), head);
    let b = right.update(examiner.model().initial_checksum(), tail);
    let combination = Combination {
        sums: [a, b],
        len_b: tail.len() as u64,
    };
    if combination.len_b <= lengths(examiner).max {
        judge(examiner, case, combination, Some(expected), found);
    }
    judge_far_length(examiner, case, found);
}

fn lengths(examiner: &Examiner<'_>) -> CombineLengths {
    examiner.capabilities().combine_lengths
}

/// What combine is asked for.
#[derive(Clone, Copy)]
struct Combination {
    sums: [u64; 2],
    /// A negative length is in two's complement.
    len_b: u64,
}

impl Combination {
    fn call(self, examiner: &mut Examiner<'_>) -> Option<Result<u64, Stop>> {
        let [a, b] = self.sums;
        examiner.caller.combine(a, b, self.len_b)
    }

    /// The call in words.
    fn describe(self, lengths: CombineLengths) -> String {
        let [a, b] = self.sums;
        if lengths.has_negative(self.len_b) {
            return format!("combine({a:#x}, {b:#x}, {})", self.len_b.cast_signed());
        }
        format!("combine({a:#x}, {b:#x}, {})", self.len_b)
    }
}

/// Judges one call, of which any result is right if none is `expected`. Returns whether it is
/// right.
fn judge(
    examiner: &mut Examiner<'_>,
    case: &Case,
    combination: Combination,
    expected: Option<u64>,
    found: &mut dyn FnMut(Finding),
) -> bool {
    let call = combination.describe(lengths(examiner));
    match (combination.call(examiner), expected) {
        (Some(Ok(got)), Some(expected)) if got != expected => {
            let wrong = wrong(examiner, case);
            let summary = format!("{call} gives another checksum");
            found(wrong.values(expected, got).says(summary));
            false
        }
        (Some(Err(stop)), _) => {
            let summary = format!("{} in {call}", stop.summary);
            let stop = Stop { summary, ..stop };
            let stopped = examiner.stopped(case, stop).of_form(MessageForm::Parts);
            found(Finding {
                check: ID,
                ..stopped
            });
            false
        }
        (Some(Ok(_)) | None, _) => true,
    }
}

fn wrong(examiner: &Examiner<'_>, case: &Case) -> Finding {
    let wrong = examiner.wrong(ID, Kind::Combine, case);
    wrong.of_form(MessageForm::Parts)
}

fn run(session: &mut Session<'_>) {
    session.expect_cases(planned(&session.depth()));
    judge_concatenations(session);
    judge_far_lengths(session);
    judge_negative_lengths(session);
    leave_out_lengths(session);
}

/// How many cases a plan of this depth has, if every length can be expressed.
fn planned(depth: &Depth) -> usize {
    depth.random_cases / 10 + 1 + FAR_LENGTHS + NEGATIVE_LENGTHS
}

/// Says which lengths the function's type cannot express, or are not judged by their values.
fn leave_out_lengths(session: &mut Session<'_>) {
    let CombineLengths { max, min } = lengths(&session.examiner);
    if let Some(bits) = (max < u64::MAX).then(|| (max + 1).ilog2()) {
        let reason = format!("the longest that the type of the length can say is 2^{bits} - 1");
        session.leave_out(
            &format!("lengths from 2^{bits}"),
            Skip::inapplicable(reason),
        );
    }
    if min < 0 {
        let reason = "that the calls return is all that is judged";
        session.leave_out("values for negative lengths", Skip::inapplicable(reason));
    }
}

/// Judges real messages: every small length of the second part, and random ones.
fn judge_concatenations(session: &mut Session<'_>) {
    let mut rng = session.rng(0);
    let depth = session.depth();
    for round in 0..=depth.random_cases / 10 {
        if session.should_stop() {
            return;
        }
        let len_b = if round <= SMALL_TO {
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
        if !session.takes_case() {
            continue;
        }
        let expected = session.expected_checksum(&case);
        session.examine(&case, |examiner, found| {
            examine(examiner, &case, expected, found)
        });
    }
}

/// How many random lengths there are beside those that bits decide.
const RANDOM_FAR: usize = 200;
const FAR_LENGTHS: usize = 3 * 64 + RANDOM_FAR + 1;

/// Judges lengths of the second part up to the longest: 0, every power of two with its neighbours,
/// and random ones.
fn judge_far_lengths(session: &mut Session<'_>) {
    let mut rng = session.rng(1);
    let powers = (0..64).flat_map(|bit| {
        let power = 1_u64 << bit;
        [power - 1, power, power + 1]
    });
    let random: Vec<u64> = (0..RANDOM_FAR)
        .map(|bit| rng.next_u64() >> (bit % 64))
        .collect();
    let longest = lengths(&session.examiner).max;
    for len_b in powers.chain(random).chain([u64::MAX]) {
        if session.should_stop() {
            return;
        }
        // The bits are drawn for each, so that a length has the same ones whatever the longest is.
        let bits = rng.next_u64();
        if len_b <= longest && session.takes_case() {
            judge_length(session, bits, len_b);
        }
    }
}

const RANDOM_NEGATIVE: usize = 20;
const NEGATIVE_LENGTHS: usize = 5 + RANDOM_NEGATIVE;

/// Judges the negative lengths that the type can express: the calls return.
fn judge_negative_lengths(session: &mut Session<'_>) {
    let mut rng = session.rng(2);
    let min = lengths(&session.examiner).min;
    if min == 0 {
        return;
    }
    let random: Vec<i64> = (0..RANDOM_NEGATIVE)
        .map(|bit| min | (rng.next_u64() >> (1 + bit)).cast_signed())
        .collect();
    for length in [-1, -2, -77, min, min + 1].into_iter().chain(random) {
        if session.should_stop() {
            return;
        }
        let bits = rng.next_u64();
        if !session.takes_case() {
            continue;
        }
        let before = session.tally().findings;
        judge_length(session, bits, length.cast_unsigned());
        // Each call that does not return takes the deadline.
        if session.tally().findings > before {
            return;
        }
    }
}

/// Judges a length that no message has.
fn judge_length(session: &mut Session<'_>, bits: u64, len_b: u64) {
    let case = Case {
        register: session.register(bits),
        message: len_b.to_le_bytes().to_vec(),
        ..Case::default()
    };
    session.examine(&case, |examiner, found| {
        judge_far_length(examiner, &case, found)
    });
}

/// Judges the laws over the far length of a case: the value, that the initial checksum in front
/// changes nothing, and that combining is associative.
fn judge_far_length(examiner: &mut Examiner<'_>, case: &Case, found: &mut dyn FnMut(Finding)) {
    let far = FarCombination::of(case, examiner.model(), lengths(examiner));
    let ([a, b, _], len_b) = (far.sums, far.len_b);
    let sums = [a, b];
    if !judge(
        examiner,
        case,
        Combination { sums, len_b },
        far.expected,
        found,
    ) {
        return;
    }
    if far.expected.is_none() {
        return;
    }
    let sums = [examiner.model().initial_checksum(), b];
    if judge(examiner, case, Combination { sums, len_b }, Some(b), found) {
        judge_associativity(examiner, case, &far, found);
    }
}

/// Judges (A B) C = A (B C).
fn judge_associativity(
    examiner: &mut Examiner<'_>,
    case: &Case,
    far: &FarCombination,
    found: &mut dyn FnMut(Finding),
) {
    let ([a, b, c], len_b) = (far.sums, far.len_b);
    let longest = lengths(examiner).max;
    let Some(len_bc) = len_b.checked_add(LEN_C).filter(|&sum| sum <= longest) else {
        return;
    };
    let mut call = |a, b, len_b| {
        Combination {
            sums: [a, b],
            len_b,
        }
        .call(examiner)?
        .ok()
    };
    let left = call(a, b, len_b).and_then(|joined| call(joined, c, LEN_C));
    let right = call(b, c, LEN_C).and_then(|joined| call(a, joined, len_bc));
    if let (Some(left), Some(right)) = (left, right)
        && left != right
    {
        let wrong = wrong(examiner, case);
        let summary = format!("combine is not associative for lengths {len_b} and {LEN_C}");
        found(wrong.values(left, right).says(summary));
    }
}
