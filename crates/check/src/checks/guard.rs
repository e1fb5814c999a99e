//! `guard`: no read across the flush side, before or after, and no write anywhere.
//!
//! It compares values too: a flush message lies at an alignment of its own.

use super::agree::{self, Sweep};
use super::check::{Check, Fuzzing, Minimize};
use super::phrases::unless_program;
use crate::case::Case;
use crate::coverage::visited::Visited;
use crate::depth::Depth;
use crate::examiner::Examiner;
use crate::fast_law::FLUSH;
use crate::finding::{ACCESS_CHECK, Finding};
use crate::lengths::thresholds_beyond;
use crate::session::{SAMPLED_ONE_IN, Session};
use crcheck_platform::message_memory::{GuardSide, Placement};
use crcheck_subject::{CheckId, FILLS, Kind};

pub const ID: CheckId = ACCESS_CHECK;

pub static CHECK: Check = Check {
    kinds: &[Kind::OverRead, Kind::UnderRead, Kind::WriteToMessage],
    unsuited: |of| unless_program(of, "a program reads a copy of the message"),
    // `agree` shows an access outside at the same placement.
    minimize: Minimize::By(agree::examine),
    fuzzing: Fuzzing::EachInput(&[&FLUSH]),
    relies_on_signals: true,
    coverage: Some(coverage),
    ..Check::new(
        ID,
        "no read across the flush side, no write anywhere",
        3,
        run,
        examine,
    )
};

fn coverage(_: &Depth, visited: &Visited) -> String {
    let lengths = visited.lengths_in_words("");
    format!("{lengths}; each message flush against an inaccessible page on either side")
}

/// Judges the case at its own flush side, or at both sides if it has none.
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

/// How many messages it visits at each (length, side).
const MESSAGES: usize = 2;

fn run(session: &mut Session<'_>) {
    let depth = session.depth();
    let beyond = thresholds_beyond(depth.length_max, depth.longest, session.subject());
    let lengths: Vec<usize> = (0..=depth.length_max).chain(beyond).collect();
    for label in 0..MESSAGES {
        let mut rng = session.rng(label as u64);
        let mut message = vec![0; lengths.last().copied().unwrap_or(0)];
        rng.fill(&mut message);
        let sweep = Sweep::new(session, rng.next_u64(), message, &lengths);
        sweep.run(session, Placement::flush(GuardSide::Start));
        if !visit_flush_ends(session, &sweep) {
            return;
        }
    }
}

/// Visits messages whose ends are flush, each at an address of its own. Returns `false` if the run
/// was stopped before the end.
fn visit_flush_ends(session: &mut Session<'_>, sweep: &Sweep<'_>) -> bool {
    for (case, expected) in sweep.cases(Placement::flush(GuardSide::End)) {
        if session.should_stop() {
            return false;
        }
        if session.should_sample() && !case.message.len().is_multiple_of(SAMPLED_ONE_IN) {
            continue;
        }
        session.examine(&case, |examiner, found| {
            examine(examiner, &case, expected, found)
        });
    }
    true
}
