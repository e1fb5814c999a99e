//! `abi`: a call gives back what the ABI says is the caller's, and counts on nothing that the ABI
//! does not promise.

use super::caller_state;
use super::check::{Check, Fuzzing};
use super::phrases::unless_program;
use super::walk::{self, Walk};
use crate::case::Case;
use crate::check_result::Skip;
use crate::coverage::visited::Visited;
use crate::depth::Depth;
use crate::examiner::Examiner;
use crate::finding::Finding;
use crate::session::Session;
use crcheck_platform::abi_audit::{self, Audit, Paint};
use crcheck_subject::{CheckId, ExecutedBy, Kind};

pub const ID: CheckId = CheckId::new("abi");

pub static CHECK: Check = Check {
    kinds: &[
        Kind::ClobberedRegister,
        Kind::ControlState,
        Kind::DirtyVectorState,
        Kind::UnsetRead,
    ],
    unsuited: |of| unless_program(of, "a program's registers are its own"),
    unavailable: || abi_audit::available().err().map(str::to_owned),
    fuzzing: Fuzzing::Audited,
    coverage: Some(coverage),
    explain: |examiner, finding| caller_state::explain(examiner, finding, &[Paint::STRICT]),
    ..Check::new(
        ID,
        "registers, stack and control state come back as the ABI says",
        8,
        run,
        examine,
    )
};

fn coverage(_: &Depth, visited: &Visited) -> String {
    visited.lengths_in_words("")
}

pub(crate) fn examine(
    examiner: &mut Examiner<'_>,
    case: &Case,
    expected: u64,
    found: &mut dyn FnMut(Finding),
) {
    if !examiner.can_audit() {
        return;
    }
    let paint = &Paint::STRICT;
    let audit = match caller_state::audit(examiner, case, paint) {
        Ok(audit) => audit,
        Err(stop) => {
            let kind = stop.kind;
            let mut finding = examiner.stopped(case, stop);
            // A call that hangs again would take the deadline.
            if kind != Kind::Hang && caller_state::stops_under(examiner, case, paint, kind) {
                finding.check = ID;
            }
            return found(finding);
        }
    };
    report_state(examiner, case, &audit, found);
    if audit.value != expected {
        let values = [expected, audit.value];
        found(caller_state::differs(examiner, ID, (case, paint), values));
    }
}

/// Reports what the caller did not get back.
fn report_state(
    examiner: &Examiner<'_>,
    case: &Case,
    audit: &Audit,
    found: &mut dyn FnMut(Finding),
) {
    let mut report = |kind, summary: String| {
        found(examiner.wrong(ID, kind, case).says(summary));
    };
    if !audit.clobbered.is_empty() {
        let names = audit.clobbered.join(", ");
        report(
            Kind::ClobberedRegister,
            format!("does not give back {names}"),
        );
    }
    if !audit.control.is_empty() {
        let states = audit.control.join("; ");
        report(Kind::ControlState, format!("leaves {states}"));
    }
    if audit.has_dirty_vectors {
        report(
            Kind::DirtyVectorState,
            "leaves upper halves of vector registers in use (no VZEROUPPER)".to_owned(),
        );
    }
}

/// The check calls every length up to this.
const EVERY_LENGTH_TO: usize = 1024;

/// Beyond that it calls thresholds, up to this.
const THRESHOLDS_TO: usize = 1 << 16;

fn run(session: &mut Session<'_>) {
    let skip = match session.subject().capabilities().executed_by {
        ExecutedBy::Interpretation => Some(Skip::inapplicable(
            "the interpreter sees values, not the CPU's account of its vector state",
        )),
        ExecutedBy::Hardware | ExecutedBy::Emulator => {
            abi_audit::vector_state_known().err().map(Skip::here)
        }
    };
    if let Some(skip) = skip {
        session.leave_out(
            "upper halves of vector registers that are in use and hold 0",
            skip,
        );
    }
    let depth = session.depth();
    let walk = Walk {
        lengths: walk::lengths(session, EVERY_LENGTH_TO, THRESHOLDS_TO),
        alignments: depth.audit_alignments,
        max_stack_bytes: None,
    };
    walk.run(session, |session, cases| {
        let audits = walk::audits(session, cases, &Paint::STRICT);
        for ((case, expected), audit) in cases.iter().zip(audits) {
            let value = audit.map(|(value, _)| value);
            if value != Some(*expected) && session.should_stop() {
                return;
            }
            session.visit(case);
            // A case that is not right is judged again by itself.
            if value != Some(*expected) {
                session.recheck_alone(
                    |examiner, found| examine(examiner, case, *expected, found),
                    |examiner| {
                        let values = [*expected, value?];
                        Some(caller_state::after_other_calls(examiner, case, values))
                    },
                );
            }
        }
    });
}
