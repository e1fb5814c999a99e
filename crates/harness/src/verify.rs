//! Judging a subject of one's own, in a test of one's own.

use crate::check::CheckSet;
use crate::plan::{Depth, DepthName};
use crate::report::{Facts, Report};
use crate::run::{self, Control, Plan, RunError};
use crate::subject::Subject;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

/// Makes every check of `subject` that applies, in this process, and answers with the report, whose
/// [`Report::exit_code`] is [`ExitCode::Passed`](crate::verdict::ExitCode::Passed) if it is right. All that is
/// random comes from `seed`.
///
/// # Errors
/// If no judge knows the subject's model, or the operating system refuses memory.
///
/// # Panics
/// If the judges differ on a case: that is a fault of theirs, and no verdict.
pub fn verify(subject: Box<dyn Subject>, depth: DepthName, seed: u64) -> Result<Report, RunError> {
    let model = subject.model();
    let plan = Plan {
        depth: Depth::of(depth),
        checks: CheckSet::all(),
        seed,
        max_stack_bytes: None,
    };
    let control = Control {
        cancelled: &AtomicBool::new(false),
        deadline: None,
        on_event: &|_| {},
    };
    let results = run::run(&[subject], &plan, &control)?;
    let results: Vec<_> = results.into_iter().flatten().collect();
    Ok(Report::new(Facts {
        depth: depth.to_string(),
        seed,
        model,
        results: &results,
        skipped: Vec::new(),
        artifacts: &BTreeMap::new(),
        length_max: plan.depth.length_max,
    }))
}
