//! Judges your own subject in your own test.

use crcheck_check::checks::CheckSet;
use crcheck_check::control::{AfterFinding, Control};
use crcheck_check::depth::{Depth, DepthName};
use crcheck_check::plan::Plan;
use crcheck_check::run::RunError;
use crcheck_check::verification::{self, Seeds};
use crcheck_platform::process_end::{LastWords, Trial};
use crcheck_report::{Facts, Report, RunStart};
use crcheck_subject::Subject;

/// Judges `subject` in this process by every check that suits it, and by the seeds of the corpora,
/// as `crcheck verify` does. [`Report::exit_code`] is
/// [`ExitCode::Passed`](crcheck_report::verdict::ExitCode::Passed) if the subject passes.
/// Everything random comes from `seed`. A slow subject is judged at the whole depth too.
/// If a call ends the process by `exit`, that is a failure of the process.
///
/// # Errors
/// If no judge knows the subject's model, or the operating system refuses memory.
///
/// # Panics
/// If the judges differ on a case: that is a bug of theirs, and says nothing about the subject.
pub fn verify(subject: Box<dyn Subject>, depth: DepthName, seed: u64) -> Result<Report, RunError> {
    let start = RunStart::now();
    let _trial = Trial::begin(LastWords {
        test: subject.name().to_string(),
        command: None,
    });
    let model = subject.model();
    let plan = Plan {
        depth: Depth::of(depth),
        is_scaled: false,
        checks: CheckSet::all(),
        seed,
        max_stack_bytes: None,
    };
    let control = Control {
        after_finding: AfterFinding::Thin,
        ..Control::default()
    };
    let subjects = [subject];
    let saved = Vec::new();
    let results = verification::judge(
        &subjects,
        &plan,
        saved,
        Seeds::Judged,
        &control,
        &mut |_| {},
    )?;
    Ok(Report::new(Facts::of_run(&plan, model, &results)).of_run(start.end()))
}
