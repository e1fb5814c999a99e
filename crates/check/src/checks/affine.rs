//! `affine`: f(x) ^ f(y) ^ f(x ^ y) = f(0), where x and y are each a register and a message of one
//! length.
//!
//! **Bound** (Blum, Luby, Rubinfeld 1993; Bellare et al. 1996). If f differs from every affine
//! function on a share e of its inputs, a uniformly random trial breaks the law with probability at
//! least e. Then N trials that all hold leave (1 - e)^N for having missed it; where cells are drawn
//! at random, e is its mean over cells.
//!
//! Half of the trials are random, and bound that. The others have one byte set in x and one in y,
//! where shortcuts for messages that are nearly zero are taken: random messages never go there.

use super::check::{Check, Fuzzing};
use crate::case::Case;
use crate::check_result::Worth;
use crate::depth::Depth;
use crate::examiner::Examiner;
use crate::finding::{Finding, MessageForm};
use crate::session::Session;
use crcheck_platform::message_memory::Placement;
use crcheck_platform::rng::SplitMix64;
use crcheck_subject::{Apart, CheckId, FILLS, Kind, Stop};

/// The check's id.
pub const ID: CheckId = CheckId::new("affine");

/// The check's row.
pub static CHECK: Check = Check {
    kinds: &[Kind::NotAffine],
    fuzzing: Fuzzing::Rationed,
    coverage: Some(coverage),
    ..Check::new(
        ID,
        "f(x) ^ f(y) ^ f(x ^ y) = f(0)",
        10,
        run,
        |examiner, case, _, found| examine(examiner, case, found),
    )
};

/// What it covers, in words.
fn coverage(depth: &Depth) -> String {
    format!(
        "{} trials, half of them random, half on messages that are nearly zero",
        depth.affine_trials
    )
}

/// The message is x followed by y, of one length; a last odd byte is of neither. x goes with the
/// case's register, y with one drawn from it.
pub(crate) fn examine(examiner: &mut Examiner<'_>, case: &Case, found: &mut dyn FnMut(Finding)) {
    if trial(examiner, case, found) {
        trial(examiner, &sparse(case), found);
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

/// One trial; whether the law held.
fn trial(examiner: &mut Examiner<'_>, case: &Case, found: &mut dyn FnMut(Finding)) -> bool {
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
                found(stopped(examiner, case, *register, message, stop));
                return false;
            }
        }
    }
    if sum != 0 {
        let finding = examiner
            .wrong(ID, Kind::NotAffine, case)
            .of_form(MessageForm::TwoMessages);
        found(finding.values(0, sum).says(format!(
            "is no affine function: for two messages of {length} bytes, \
             f(x) ^ f(y) ^ f(x ^ y) ^ f(0) is not 0"
        )));
    }
    sum == 0
}

fn stopped(
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
fn sparse(case: &Case) -> Case {
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

/// Bytes that are no unit vectors: those are the business of `basis`.
const SEVERAL_BITS: [u8; 4] = [0x03, 0x81, 0x5a, 0xff];

/// Trials that are made at a time.
const AT_A_TIME: usize = 32;

/// Whether the law holds in each case, at one alignment each, in as few requests as will do.
fn hold(examiner: &mut Examiner<'_>, cases: &[Case]) -> Vec<bool> {
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
    for first in (0..trials).step_by(AT_A_TIME) {
        if session.should_stop() {
            return;
        }
        let rounds = first..trials.min(first + AT_A_TIME);
        complete += rounds.clone().filter(|round| is_random(*round)).count();
        let cases: Vec<Case> = rounds
            .map(|round| drawn(session, &mut rng, round, length_max))
            .collect();
        for (case, holds) in cases.iter().zip(hold(&mut session.examiner, &cases)) {
            if !holds && session.should_stop() {
                return;
            }
            session.visit_as(case, case.message.len() / 2, 4);
            // Whatever does not hold is looked at again by itself.
            if !holds {
                session.collect(|examiner, found| {
                    trial(examiner, case, found);
                });
            }
        }
    }
    session.tally().bound = Some(Worth::Trials(complete));
}

const fn is_random(round: usize) -> bool {
    round.is_multiple_of(2)
}

fn drawn(session: &Session<'_>, rng: &mut SplitMix64, round: usize, length_max: usize) -> Case {
    // Short lengths are most of those that kernels tell apart.
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
        sparse(&case)
    }
}
