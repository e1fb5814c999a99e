//! `paint`: the result does not depend on what lies in the registers and the stack that no caller
//! sets.
//!
//! The paint also shows how much stack a call uses.

use super::caller_state;
use super::check::{Check, Fuzzing};
use super::phrases::unless_program;
use super::walk::{self, Walk};
use crate::case::Case;
use crate::coverage::visited::Visited;
use crate::depth::Depth;
use crate::examiner::Examiner;
use crate::finding::Finding;
use crate::session::Session;
use crcheck_platform::abi_audit::{self, Audit, Fill, PAINTED_BYTES_MAX, Paint};
use crcheck_subject::{CheckId, Kind, Stop, stack_of_the_way_bytes};

pub const ID: CheckId = CheckId::new("paint");

pub static CHECK: Check = Check {
    kinds: &[Kind::UnsetRead, Kind::OutsideTier],
    unsuited: |of| unless_program(of, "a program's registers are its own"),
    unavailable: || abi_audit::available().err().map(str::to_owned),
    fuzzing: Fuzzing::Rationed,
    coverage: Some(coverage),
    explain: |examiner, finding| {
        caller_state::explain(examiner, finding, &FILLS.map(Paint::filled))
    },
    ..Check::new(
        ID,
        "the result does not depend on registers and stack that no caller sets",
        9,
        run,
        |examiner, case, expected, found| {
            examine(examiner, case, expected, found);
        },
    )
};

fn coverage(_: &Depth, visited: &Visited) -> String {
    format!(
        "{}; under {} paints",
        visited.lengths_in_words(""),
        FILLS.len()
    )
}

/// What lies in the places that no caller sets.
const FILLS: [Fill; 4] = [
    Fill::Zeros,
    Fill::Ones,
    Fill::Noise(0x6e6f_6973),
    Fill::Noise(0x7061_696e),
];

/// Makes one call under each paint, and returns how many bytes of stack a call used, with the way
/// to the subject.
pub(crate) fn examine(
    examiner: &mut Examiner<'_>,
    case: &Case,
    expected: u64,
    found: &mut dyn FnMut(Finding),
) -> Option<usize> {
    if !examiner.can_audit() {
        return None;
    }
    let mut stack_bytes: Option<usize> = None;
    for fill in FILLS {
        let audit = match call_painted(examiner, case, fill) {
            Ok(audit) => audit,
            Err(stop) => {
                found(examiner.stopped(case, stop));
                return None;
            }
        };
        if audit.value != expected {
            let values = [expected, audit.value];
            let paint = Paint::filled(fill);
            found(caller_state::differs(examiner, ID, (case, &paint), values));
            break;
        }
        if matches!(fill, Fill::Noise(_)) {
            // A signal handler may use the stack during one of the two calls, but hardly during
            // both.
            let so_far = stack_bytes.unwrap_or(usize::MAX);
            stack_bytes = Some(so_far.min(audit.stack_bytes));
        }
    }
    if let (Some(limit), Some(used)) = (case.max_stack_bytes, stack_bytes) {
        let used = used.saturating_sub(stack_of_the_way_bytes(examiner.subject()));
        if used > limit {
            let finding = examiner.wrong(ID, Kind::OutsideTier, case);
            found(finding.says(format!(
                "uses {used} bytes of stack, where {limit} are allowed"
            )));
        }
    }
    stack_bytes
}

fn call_painted(examiner: &mut Examiner<'_>, case: &Case, fill: Fill) -> Result<Audit, Stop> {
    let mut paint = Paint::filled(fill);
    loop {
        let audit = caller_state::audit(examiner, case, &paint)?;
        let is_all = paint.stack_bytes == PAINTED_BYTES_MAX;
        if is_all || audit.stack_bytes + 512 < paint.stack_bytes {
            return Ok(audit);
        }
        // The call used all painted stack: it is made again with more stack painted.
        paint.stack_bytes = PAINTED_BYTES_MAX.min(paint.stack_bytes * 16);
    }
}

/// The check calls every length up to this, as far as the plan is dense.
const EVERY_LENGTH_TO: usize = 4096;

/// Beyond that it calls thresholds, up to this.
const THRESHOLDS_TO: usize = 1 << 16;

fn run(session: &mut Session<'_>) {
    let way_bytes = stack_of_the_way_bytes(session.subject());
    let walk = Walk {
        lengths: walk::lengths(session, EVERY_LENGTH_TO, THRESHOLDS_TO),
        alignments: 1,
        max_stack_bytes: session.max_stack_bytes(),
    };
    // A call of an allocator takes more stack if the heap has no piece that fits. The calls of a
    // case follow each other, so that the last of them find the piece of the first, whatever else
    // has used the heap of this process. A worker's heap is its own.
    let is_own_heap = session.subject().foreign().is_some();
    walk.run(session, |session, cases| {
        let at_a_time = if is_own_heap { cases.len() } else { 1 };
        for cases in cases.chunks(at_a_time) {
            if !audit_batch(session, cases, way_bytes) {
                return;
            }
        }
    });
}

/// Audits cases under each paint. Returns `false` if the run was stopped before the end.
fn audit_batch(session: &mut Session<'_>, cases: &[(Case, u64)], way_bytes: usize) -> bool {
    let audits = FILLS.map(|fill| walk::audits(session, cases, &Paint::filled(fill)));
    for (index, (case, expected)) in cases.iter().enumerate() {
        let audits = audits.each_ref().map(|of_fill| of_fill[index]);
        let used = clean_stack_bytes(*expected, audits);
        let used = used.filter(|used| {
            let limit = case.max_stack_bytes.unwrap_or(usize::MAX);
            used.saturating_sub(way_bytes) <= limit
        });
        if used.is_none() && session.should_stop() {
            return false;
        }
        session.visit(case);
        // A case that is not right is judged again by itself.
        let used = used.or_else(|| {
            let mut used = None;
            session.recheck_alone(
                |examiner, found| used = examine(examiner, case, *expected, found),
                |examiner| finding_among_others(examiner, case, *expected, audits),
            );
            used
        });
        if let Some(used) = used {
            let length = case.message.len();
            session.note_stack(length, used.saturating_sub(way_bytes));
        }
    }
    true
}

/// The stack that the calls used, in bytes, if all of them are clean and right under every paint.
fn clean_stack_bytes(expected: u64, audits: [Option<(u64, usize)>; FILLS.len()]) -> Option<usize> {
    let mut used = usize::MAX;
    for (fill, audit) in FILLS.into_iter().zip(audits) {
        let (value, stack_bytes) = audit?;
        // A call that used all painted stack is made again.
        if value != expected || stack_bytes + 512 >= Paint::filled(fill).stack_bytes {
            return None;
        }
        if matches!(fill, Fill::Noise(_)) {
            used = used.min(stack_bytes);
        }
    }
    Some(used)
}

fn finding_among_others(
    examiner: &Examiner<'_>,
    case: &Case,
    expected: u64,
    audits: [Option<(u64, usize)>; FILLS.len()],
) -> Option<Finding> {
    let mut values = audits.into_iter().flatten().map(|(value, _)| value);
    let got = values.find(|value| *value != expected)?;
    Some(caller_state::after_other_calls(
        examiner,
        case,
        [expected, got],
    ))
}
