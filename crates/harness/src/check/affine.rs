//! `affine`: f(x) ^ f(y) ^ f(x ^ y) = f(0), where x and y are each a register and a message of one length.
//!
//! **Bound** (Blum, Luby, Rubinfeld 1993; Bellare et al. 1996). If f differs from every affine function on
//! a share e of its inputs, a uniformly random trial breaks the law with probability at least e. Then N
//! trials that all hold leave (1 - e)^N for having missed it; where cells are drawn at random, e is its
//! mean over cells.
//!
//! Half of the trials are random, and bound that. The others have one byte set in x and one in y, where
//! shortcuts for messages that are nearly zero are taken: random messages never go there.

use super::CheckId;
use crate::case::Case;
use crate::examine::Examiner;
use crate::finding::{Finding, Kind};
use crate::memory::Placement;
use crate::probe::{FILLS, Stop};
use crate::rng::SplitMix64;
use crate::run::{Session, Worth};

/// The message is x followed by y, of one length; a last odd byte is of neither. x goes with the case's
/// register, y with one drawn from it.
pub(crate) fn examine(examiner: &mut Examiner<'_>, case: &Case, found: &mut dyn FnMut(Finding)) {
    if trial(examiner, case, found) {
        trial(examiner, &sparse(case), found);
    }
}

/// One trial; whether the law held.
fn trial(examiner: &mut Examiner<'_>, case: &Case, found: &mut dyn FnMut(Finding)) -> bool {
    let length = case.message.len() / 2;
    let (x, y) = case.message.split_at(length);
    let y = &y[..length];
    let both: Vec<u8> = x.iter().zip(y).map(|(x, y)| x ^ y).collect();
    let mask = examiner.model().mask();
    let registers = [
        case.register,
        SplitMix64::new(case.register).next_u64() & mask,
    ];
    let inputs: [(u64, &[u8]); 4] = [
        (registers[0], x),
        (registers[1], y),
        (registers[0] ^ registers[1], &both),
        (0, &vec![0; length]),
    ];
    let mut sum = 0;
    for (register, message) in inputs {
        let checksum = examiner.model().checksum_of(register);
        let outcome = examiner
            .probe
            .call(case.placement, checksum, message, FILLS[0]);
        match outcome {
            Ok(value) => sum ^= value & mask,
            Err(stop) => {
                found(stopped(examiner, case, register, message, stop));
                return false;
            }
        }
    }
    if sum != 0 {
        let finding = examiner.wrong(CheckId::Affine, Kind::NotAffine, case);
        found(finding.values(0, sum).says(format!(
            "is no affine function: for two messages of {length} bytes, f(x) ^ f(y) ^ f(x ^ y) ^ f(0) \
             is not 0"
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

pub(crate) fn run(session: &mut Session<'_>) {
    let mut rng = session.rng(CheckId::Affine, 0);
    let trials = session.depth().affine_trials;
    let length_max = session.depth().length_max;
    let mut complete = 0;
    for round in 0..trials {
        if session.should_stop() {
            return;
        }
        // Short lengths are most of those that kernels tell apart.
        let limit = if round % 4 == 0 { length_max } else { 300 };
        let length = rng.index(limit.min(length_max) + 1);
        let register = rng.next_u64() & session.model().mask();
        let placement = Placement::aligned(rng.index(64));
        let mut message = vec![0; 2 * length];
        let is_random = round % 2 == 0;
        if is_random {
            rng.fill(&mut message);
            complete += 1;
        }
        let mut case = Case {
            register,
            placement,
            message,
            ..Case::default()
        };
        if !is_random {
            case = sparse(&case);
        }
        session.visit_as(&case, length, 4);
        session.collect(|examiner, found| {
            trial(examiner, &case, found);
        });
    }
    session.tally().bound = Some(Worth::Trials(complete));
}
