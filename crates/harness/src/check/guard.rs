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
use crate::run::{SAMPLED_ONE_IN, Session};

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
    let dense = 0..=depth.length_max;
    let lengths: Vec<usize> = dense
        .chain(thresholds_beyond(depth.length_max, session.subject()))
        .collect();
    for label in 0..MESSAGES {
        let mut rng = session.rng(CheckId::Guard, label as u64);
        let mut message = vec![0; lengths.last().copied().unwrap_or(0)];
        rng.fill(&mut message);
        let sweep = Sweep::new(session, rng.next_u64(), message, &lengths);
        sweep.run(session, Placement::flush(GuardSide::Start));
        if !flush_ends(session, &sweep) {
            return;
        }
    }
}

/// Messages whose ends are flush lie at an address of their own, each; `false` if the run was stopped
/// before.
fn flush_ends(session: &mut Session<'_>, sweep: &Sweep<'_>) -> bool {
    for (case, expected) in sweep.cases(Placement::flush(GuardSide::End)) {
        if session.should_stop() {
            return false;
        }
        if session.samples() && !case.message.len().is_multiple_of(SAMPLED_ONE_IN) {
            continue;
        }
        session.examine(&case, |examiner, found| {
            examine(examiner, &case, expected, found)
        });
    }
    true
}
