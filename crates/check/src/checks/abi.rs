//! `abi`: a call gives back what the ABI says is the caller's, and counts on nothing that the ABI
//! does not promise.

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
use crcheck_subject::{CheckId, Kind};

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
    let checksum = examiner.checksum_in(case);
    let audit_with = |examiner: &mut Examiner<'_>, paint: &Paint| {
        let caller = &mut examiner.caller;
        caller.audit(case.placement, checksum, &case.message, paint)
    };
    let audit = match audit_with(examiner, &Paint::STRICT) {
        Ok(audit) => audit,
        Err(stop) => {
            let mut finding = examiner.stopped(case, stop);
            let aligned = Paint {
                is_stack_aligned: true,
                ..Paint::STRICT
            };
            // A call that is stopped by what came before it is not stopped in just these rounds.
            let mut rounds = [&Paint::STRICT, &aligned, &aligned, &Paint::STRICT].into_iter();
            if rounds.all(|paint| audit_with(examiner, paint).is_ok() == paint.is_stack_aligned) {
                finding.check = ID;
                finding.summary += " when the stack is aligned to 16 and no better";
            }
            return found(finding);
        }
    };
    report_state(examiner, case, &audit, found);
    if audit.value == expected {
        return;
    }
    let without_garbage = Paint {
        garbage: 0,
        ..Paint::STRICT
    };
    let is_garbage =
        audit_with(examiner, &without_garbage).is_ok_and(|audit| audit.value == expected);
    let summary = if is_garbage {
        "uses the upper half of an argument of 32 bits, which no caller sets"
    } else {
        "gives another checksum to a caller who keeps to the ABI and no more"
    };
    let unset = (ID, Kind::UnsetRead);
    found(examiner.differs(unset, case, [expected, audit.value], summary.to_owned()));
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
    if let Err(reason) = abi_audit::vector_state_known() {
        let what = "upper halves of vector registers that are in use and hold 0";
        session.leave_out(what, Skip::here(reason));
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
                        let wrong = examiner.wrong(ID, Kind::UnsetRead, case);
                        let wrong = wrong.values(*expected, value?);
                        Some(wrong.says("gives another checksum after other calls"))
                    },
                );
            }
        }
    });
}
