//! `guard`: no read across the flush side, before or after, and no write anywhere.
//!
//! Values are compared as well: a flush message lies at an alignment of its own.

use super::CheckId;
use super::agree::Sweep;
use crate::case::Case;
use crate::examine::Examiner;
use crate::finding::Finding;
use crate::memory::{GuardSide, Placement};
use crate::plan::thresholds_beyond;
use crate::probe::FILLS;
use crate::run::Session;

/// At the case's own flush side; at both if it has none.
pub(crate) fn examine(
    examiner: &mut Examiner<'_>,
    case: &Case,
    expected: u64,
    found: &mut dyn FnMut(Finding),
) {
    match case.placement.guard {
        GuardSide::Start | GuardSide::End => {
            examiner.compare(case, case.placement, FILLS[0], expected, found);
        }
        GuardSide::None | GuardSide::Cross => {
            for guard in [GuardSide::Start, GuardSide::End] {
                examiner.compare(case, Placement::flush(guard), FILLS[0], expected, found);
            }
        }
    }
}

/// Messages at each (length, side).
const MESSAGES: usize = 2;

pub(crate) fn run(session: &mut Session<'_>) {
    let depth = session.depth();
    let dense: Vec<usize> = (0..=depth.length_max).collect();
    let beyond = thresholds_beyond(depth.length_max, session.subject());
    let lengths = [dense.as_slice(), &beyond].concat();
    for label in 0..MESSAGES {
        let mut rng = session.rng(CheckId::Guard, label as u64);
        let mut message = vec![0; lengths.last().copied().unwrap_or(0)];
        rng.fill(&mut message);
        let register = rng.next_u64();
        let last = message[..depth.length_max].to_vec();
        let ends = Sweep::of_ends(session, register, last, &dense);
        let starts = Sweep::new(session, register, message.clone(), &lengths);
        starts.run(session, Placement::flush(GuardSide::Start));
        ends.run(session, Placement::flush(GuardSide::End));
        if !longer(session, register, &message, &beyond) {
            return;
        }
    }
}

/// Messages that end at the guard, each placed by itself; `false` if the run was stopped before.
fn longer(session: &mut Session<'_>, register: u64, message: &[u8], lengths: &[usize]) -> bool {
    let register = session.register(register);
    let checksum = session.model().checksum_of(register);
    let references = session.references(checksum, message, lengths);
    for (&length, &expected) in lengths.iter().zip(&references) {
        if session.should_stop() {
            return false;
        }
        let case = Case {
            register,
            placement: Placement::flush(GuardSide::End),
            message: message[..length].to_vec(),
            ..Case::default()
        };
        session.examine(&case, |examiner, found| {
            examine(examiner, &case, expected, found)
        });
    }
    true
}
