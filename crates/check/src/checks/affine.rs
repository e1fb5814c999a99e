//! `affine`: f(x) ^ f(y) ^ f(x ^ y) = f(0), where x and y are each a register and a message of one
//! length.
//!
//! **Bound** (Blum, Luby, Rubinfeld 1993; Bellare et al. 1996). If f differs from every affine
//! function on a share e of its inputs, a uniformly random trial breaks the law with probability at
//! least e. So N trials that all hold have missed it with probability at most (1 - e)^N. Where
//! cells are drawn at random, e is its mean over cells.
//!
//! Half of the trials are random, and the bound is theirs. The others have one byte set in x and
//! one in y. They reach shortcuts for messages that are nearly zero, which random messages miss.

use super::check::{Answer, Check, Fuzzing};
use super::phrases::bytes;
use crate::case::Case;
use crate::check_result::BoundSource;
use crate::coverage::visited::Visited;
use crate::depth::Depth;
use crate::effort::Effort;
use crate::examiner::Examiner;
use crate::finding::{Finding, MessageForm};
use crate::session::Session;
use crcheck_oracle::model::Model;
use crcheck_platform::message_memory::Placement;
use crcheck_platform::rng::SplitMix64;
use crcheck_subject::{Apart, CheckId, FILLS, Kind, Stop};

pub const ID: CheckId = CheckId::new("affine");

pub static CHECK: Check = Check {
    kinds: &[Kind::NotAffine],
    fuzzing: Fuzzing::Rationed,
    shows,
    coverage: Some(coverage),
    effort,
    ..Check::new(
        ID,
        "how messages differ decides how results differ: f(x) ^ f(y) ^ f(x ^ y) = f(0)",
        10,
        run,
        |examiner, case, _, found| examine(examiner, case, found),
    )
};

/// Whether the four answers of the trial have the same sum.
fn shows(model: &Model, finding: &Finding, answer: &mut Answer<'_>) -> bool {
    let mask = model.mask();
    let answers = calls(&finding.case, mask).map(|case| answer(&case, FILLS[0]));
    let sum = answers.into_iter().try_fold(0, |sum, one| Some(sum ^ one?));
    sum.map(|sum| sum & mask) == finding.got
}

fn effort(depth: &Depth) -> Effort {
    Effort::new(4 * depth.affine_trials, depth.length_max.min(300) / 2)
        + Effort::new(depth.affine_trials, depth.length_max / 2)
}

fn coverage(depth: &Depth, _: &Visited) -> String {
    format!(
        "{} trials, half of them random, half on messages that are nearly zero",
        depth.affine_trials
    )
}

/// The message is x followed by y, of one length; an odd last byte belongs to neither. x goes with
/// the case's register, y with one that is drawn from it.
pub(crate) fn examine(examiner: &mut Examiner<'_>, case: &Case, found: &mut dyn FnMut(Finding)) {
    if judge_trial(examiner, case, found) {
        judge_trial(examiner, &sparse_case(case), found);
    }
}

/// The registers and messages of a trial: x, y, x ^ y, and 0.
fn inputs(case: &Case, mask: u64) -> [(u64, Vec<u8>); 4] {
    let length = case.message.len() / 2;
    let (x, y) = case.message.split_at(length);
    let y = &y[..length];
    let both = x.iter().zip(y).map(|(x, y)| x ^ y).collect();
    let registers = [
        case.register,
        SplitMix64::new(case.register).next_u64() & mask,
    ];
    [
        (registers[0], x.to_vec()),
        (registers[1], y.to_vec()),
        (registers[0] ^ registers[1], both),
        (0, vec![0; length]),
    ]
}

/// The calls of a trial, a case each.
pub(crate) fn calls(case: &Case, mask: u64) -> [Case; 4] {
    inputs(case, mask).map(|(register, message)| Case {
        register,
        message,
        ..case.clone()
    })
}

/// Makes one trial, and returns whether the law holds.
fn judge_trial(examiner: &mut Examiner<'_>, case: &Case, found: &mut dyn FnMut(Finding)) -> bool {
    let length = case.message.len() / 2;
    let mask = examiner.model().mask();
    let mut sum = 0;
    for (register, message) in &inputs(case, mask) {
        let checksum = examiner.model().checksum_of(*register);
        let outcome = examiner
            .caller
            .call(case.placement, checksum, message, FILLS[0]);
        match outcome {
            Ok(value) => sum ^= value & mask,
            Err(stop) => {
                found(stop_finding(examiner, case, *register, message, stop));
                return false;
            }
        }
    }
    if sum != 0 {
        let finding = examiner
            .wrong(ID, Kind::NotAffine, case)
            .of_form(MessageForm::TwoMessages);
        found(finding.values(0, sum).says(format!(
            "is no affine function: for two messages of {}, \
             f(x) ^ f(y) ^ f(x ^ y) ^ f(0) is not 0",
            bytes(length)
        )));
    }
    sum == 0
}

fn stop_finding(
    examiner: &Examiner<'_>,
    case: &Case,
    register: u64,
    message: &[u8],
    stop: Stop,
) -> Finding {
    let single = Case {
        register,
        placement: case.placement,
        message: message.to_vec(),
        ..Case::default()
    };
    examiner.stopped(&single, stop)
}

/// The trial of the case's length in which x and y have one byte each, of more than one bit.
fn sparse_case(case: &Case) -> Case {
    let length = case.message.len() / 2;
    let mut message = vec![0; 2 * length];
    let mut rng = SplitMix64::labelled(case.register, case.message.len() as u64);
    if length > 0 {
        for half in message.chunks_mut(length) {
            half[rng.index(length)] = SEVERAL_BITS[rng.index(SEVERAL_BITS.len())];
        }
    }
    Case {
        message,
        ..case.clone()
    }
}

/// Bytes of several bits: unit vectors belong to `basis`.
const SEVERAL_BITS: [u8; 4] = [0x03, 0x81, 0x5a, 0xff];

/// How many trials are made at a time.
const AT_A_TIME: usize = 32;

/// Whether the law holds in each case, at one alignment each. It makes few requests of another
/// process.
fn which_hold(examiner: &mut Examiner<'_>, cases: &[Case]) -> Vec<bool> {
    let mask = examiner.model().mask();
    let inputs: Vec<[(u64, Vec<u8>); 4]> = cases.iter().map(|case| inputs(case, mask)).collect();
    let model = examiner.model();
    let calls: Vec<Apart<'_>> = cases
        .iter()
        .zip(&inputs)
        .flat_map(|(case, inputs)| {
            inputs.iter().map(|(register, message)| Apart {
                alignment: case.placement.offset,
                checksum: model.checksum_of(*register),
                message,
                fill: FILLS[0],
            })
        })
        .collect();
    let results = examiner.caller.apart(&calls);
    let sum = |sum: u64, value: &Option<u64>| value.map(|value| sum ^ (value & mask));
    let trials = results.chunks_exact(4);
    trials
        .map(|trial| trial.iter().try_fold(0, sum) == Some(0))
        .collect()
}

fn run(session: &mut Session<'_>) {
    let mut rng = session.rng(0);
    let trials = session.depth().affine_trials;
    let length_max = session.depth().length_max;
    let mut complete = 0;
    session.expect_cases(trials);
    for first in (0..trials).step_by(AT_A_TIME) {
        if session.should_stop() {
            return;
        }
        let rounds = first..trials.min(first + AT_A_TIME);
        let mut cases = Vec::new();
        for round in rounds {
            let case = draw_case(session, &mut rng, round, length_max);
            if session.takes_case() {
                complete += usize::from(is_random(round));
                cases.push(case);
            }
        }
        for (case, holds) in cases.iter().zip(which_hold(&mut session.examiner, &cases)) {
            if !holds && session.should_stop() {
                return;
            }
            session.visit_as(case, case.message.len() / 2, 4);
            // A trial that does not hold is made again by itself.
            if !holds {
                session.collect(|examiner, found| {
                    judge_trial(examiner, case, found);
                });
            }
        }
    }
    session.tally().bound = Some(BoundSource::Trials(complete));
}

const fn is_random(round: usize) -> bool {
    round.is_multiple_of(2)
}

fn draw_case(session: &Session<'_>, rng: &mut SplitMix64, round: usize, length_max: usize) -> Case {
    // Most lengths at which kernels take other paths are short.
    let limit = if round.is_multiple_of(4) {
        length_max
    } else {
        300
    };
    let length = rng.index(limit.min(length_max) + 1);
    let register = rng.next_u64() & session.model().mask();
    let placement = Placement::aligned(rng.index(64));
    let mut message = vec![0; 2 * length];
    if is_random(round) {
        rng.fill(&mut message);
    }
    let case = Case {
        register,
        placement,
        message,
        ..Case::default()
    };
    if is_random(round) {
        case
    } else {
        sparse_case(&case)
    }
}
