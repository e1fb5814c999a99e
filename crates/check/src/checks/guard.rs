//! `guard`: no read across the flush side, before or after, and no write anywhere.
//!
//! It compares values too: a flush message lies at an alignment of its own. A message of no bytes
//! may have a null pointer, and then nothing may be read at all.

use super::agree::{self, Sweep};
use super::check::{Answer, Check, Fuzzing, Minimize, shows_in_one_call};
use super::phrases::unless_program;
use crate::case::Case;
use crate::coverage::visited::Visited;
use crate::depth::Depth;
use crate::examiner::Examiner;
use crate::fast_law::FLUSH;
use crate::finding::{ACCESS_CHECK, Finding};
use crate::lengths::thresholds_beyond;
use crate::session::{SAMPLED_ONE_IN, Session};
use crcheck_oracle::model::Model;
use crcheck_platform::message_memory::{GuardSide, Placement};
use crcheck_platform::raw_entry::Broken;
use crcheck_subject::{CheckId, FILLS, Kind};

pub const ID: CheckId = ACCESS_CHECK;

pub static CHECK: Check = Check {
    kinds: &[
        Kind::OverRead,
        Kind::UnderRead,
        Kind::WriteToMessage,
        Kind::WrongValue,
    ],
    unsuited: |of| unless_program(of, "a program reads a copy of the message"),
    unfit: |subject, case| {
        let is_slice = subject.foreign().is_none() && subject.interpreted().is_none();
        (case.is_null && is_slice).then_some("a slice of Rust has no null pointer")
    },
    minimize: Minimize::By(examine_smaller),
    fuzzing: Fuzzing::EachInput(&[&FLUSH]),
    shows,
    relies_on_signals: true,
    coverage: Some(coverage),
    ..Check::new(
        ID,
        "no byte beside the message is read, and none is written anywhere",
        3,
        run,
        examine,
    )
};

/// A cause whose answer changes with the bytes around the message reads them.
fn shows(model: &Model, finding: &Finding, answer: &mut Answer<'_>) -> bool {
    if finding.kind != Kind::OverRead {
        return shows_in_one_call(model, finding, answer);
    }
    let answers = FILLS.map(|fill| answer(&finding.case, fill));
    matches!(answers, [Some(one), Some(other)] if one != other)
}

fn coverage(_: &Depth, visited: &Visited) -> String {
    let lengths = visited.lengths_in_words("");
    let null = if visited.null_pointer {
        "; a null pointer with length 0"
    } else {
        ""
    };
    format!("{lengths}; each message flush against an inaccessible page on either side{null}")
}

/// Judges the case at its own flush side, or at both sides if it has none.
pub(crate) fn examine(
    examiner: &mut Examiner<'_>,
    case: &Case,
    expected: u64,
    found: &mut dyn FnMut(Finding),
) {
    if case.is_null {
        return judge_null(examiner, case, found);
    }
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

/// `agree` shows an access outside at the same placement.
fn examine_smaller(
    examiner: &mut Examiner<'_>,
    case: &Case,
    expected: u64,
    found: &mut dyn FnMut(Finding),
) {
    if case.is_null {
        judge_null(examiner, case, found);
    } else {
        agree::examine(examiner, case, expected, found);
    }
}

/// Judges a call with a null pointer and length 0, which callers without a message make. It gives
/// the initial checksum for that. For another checksum, that one and the initial one are right:
/// zlib takes a null pointer for the question where to begin. Nothing is judged if the subject
/// cannot be called so.
fn judge_null(examiner: &mut Examiner<'_>, case: &Case, found: &mut dyn FnMut(Finding)) {
    const CALLED: &str = "when it is called with a null pointer and length 0";
    let checksum = examiner.checksum_in(case);
    let initial = examiner.model().initial_checksum();
    match examiner.caller.call_null(checksum) {
        None => {}
        Some(Ok(got)) if got == initial || got == checksum => {}
        // A function with a status may refuse the call.
        Some(Ok(got)) if matches!(Broken::of(got), Some(Broken::Status(_))) => {}
        // The pointer is not why: a message of no bytes that lies somewhere gives the same.
        Some(Ok(got)) if gives_without_bytes(examiner, checksum) == Some(got) => {}
        Some(Ok(got)) => {
            let wrong = examiner.wrong(ID, Kind::WrongValue, case);
            let wrong = wrong.values(checksum, got);
            found(wrong.says(format!("gives another checksum {CALLED}")));
        }
        Some(Err(stop)) => {
            let stopped = examiner.stopped(case, stop);
            let summary = format!("{} {CALLED}", stopped.summary);
            // Other messages may stop it in the same way, which is another cause.
            let finding = Finding {
                check: ID,
                ..stopped
            };
            found(finding.says(summary));
        }
    }
}

/// What a message of no bytes gives that lies in memory.
fn gives_without_bytes(examiner: &mut Examiner<'_>, checksum: u64) -> Option<u64> {
    let (caller, at) = (&mut examiner.caller, Placement::aligned(0));
    caller.call(at, checksum, &[], FILLS[0]).ok()
}

/// Judges calls with a null pointer from the initial checksum, and from others.
fn visit_null(session: &mut Session<'_>) {
    let model = session.model();
    let initial = model.register_of(model.initial_checksum());
    let random = session.rng(NULL).next_u64() & model.mask();
    let mut registers = vec![initial];
    if session.examiner.takes_checksum() {
        registers.extend([0, model.mask(), random]);
    }
    for register in registers {
        let subject = session.subject();
        let is_slice = subject.foreign().is_none() && subject.interpreted().is_none();
        if session.should_stop() || is_slice {
            return;
        }
        let case = Case {
            register,
            is_null: true,
            ..Case::default()
        };
        let before = session.examiner.calls_made();
        session.collect(|examiner, found| judge_null(examiner, &case, found));
        if session.examiner.calls_made() > before {
            session.tally().visit_null();
        }
    }
}

/// The label of a random stream that no message has.
const NULL: u64 = 1 << 16;

/// How many messages it visits at each (length, side).
const MESSAGES: usize = 2;

/// The sides of a message that touch an inaccessible page, one after the other.
const SIDES: usize = 2;

fn run(session: &mut Session<'_>) {
    visit_null(session);
    let depth = session.depth();
    let beyond = thresholds_beyond(depth.length_max, depth.longest, session.subject());
    let lengths: Vec<usize> = (0..=depth.length_max).chain(beyond).collect();
    session.expect_cases(MESSAGES * SIDES * lengths.len());
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
        if !session.takes_case() {
            continue;
        }
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
