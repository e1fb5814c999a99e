//! Runs of crcheck in this process, whose reports are read as those of other processes.

use crate::child_report::ChildReport;
use crate::early_end::EarlyEnd;
use crate::leg_options::LegOptions;
use crate::leg_outcome::LegOutcome;
use crcheck_harness::check::checks::CheckSet;
use crcheck_harness::check::circumstances::Circumstances;
use crcheck_harness::check::control::{AfterFinding, Control, Event};
use crcheck_harness::check::depth::Depth;
use crcheck_harness::check::finding::Finding;
use crcheck_harness::check::plan::Plan;
use crcheck_harness::check::run::RunError;
use crcheck_harness::check::saved::artifacts::{ArtifactWriter, Unwritten};
use crcheck_harness::check::saved::load::Item;
use crcheck_harness::check::saved::replay;
use crcheck_harness::check::verification::{self, Seeds};
use crcheck_harness::report::{Facts, Report, Skipped, count_in_words};
use crcheck_harness::subject::{Models, Subject, Unmodelled};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// What a run judges its subject by.
pub(crate) struct Judged {
    pub(crate) depth: Depth,
    pub(crate) checks: CheckSet,
    pub(crate) seeds: Seeds,
}

/// Verifies a subject. The artifacts of its findings go to `folder`.
///
/// # Errors
/// If the run does not start, or met an instruction that is not modelled.
pub(crate) fn verify(
    subject: Box<dyn Subject>,
    judged: Judged,
    options: &LegOptions<'_>,
    folder: PathBuf,
) -> Result<ChildReport, EarlyEnd> {
    let plan = Plan {
        depth: judged.depth,
        is_scaled: false,
        checks: judged.checks,
        seed: options.seed,
        max_stack_bytes: None,
    };
    let subjects = [subject];
    let models = Models::of_subjects(&subjects);
    let circumstances = Circumstances {
        depth: Some(plan.depth.name.to_string()),
        seed: Some(format!("{:#x}", plan.seed)),
        ..Circumstances::here()
    };
    let artifacts = writer(folder, &models, "verify", circumstances);
    let on_event = |event: &Event<'_>| match event {
        Event::Found { finding, .. } => artifacts.write(finding),
        Event::Ended(result) => artifacts.write_smallest(result),
        Event::Begins { .. } | Event::Proceeds { .. } => {}
    };
    let control = Control {
        on_event: &on_event,
        after_finding: AfterFinding::Thin,
        ..control(options)
    };
    let mut on_replayed = |finding: &Finding| artifacts.write_if_new(finding);
    let results = verification::judge(
        &subjects,
        &plan,
        Vec::new(),
        judged.seeds,
        &control,
        &mut on_replayed,
    )
    .map_err(not_started)?;
    artifacts.settle(&results, true);
    let report = Report::new(Facts {
        artifacts: artifacts.finish(),
        is_interrupted: options.interrupted.load(Ordering::Relaxed),
        ..Facts::of_run(&plan, models, &results)
    });
    read(&report)
}

/// Judges saved cases again. The artifacts of its findings are those that it reads.
///
/// # Errors
/// As [`verify`].
pub(crate) fn replay(
    subjects: &[Box<dyn Subject>],
    items: &[Item],
    options: &LegOptions<'_>,
) -> Result<ChildReport, EarlyEnd> {
    let control = control(options);
    let all = CheckSet::all();
    let replayed = replay::replay(items, subjects, all, &control, &mut |_, _| {});
    let replayed = replayed.map_err(not_started)?;
    let report = Report::new(Facts {
        skipped: Skipped::of_replay(&replayed).collect(),
        is_interrupted: options.interrupted.load(Ordering::Relaxed),
        ..Facts::of_saved(
            format!("replay of {}", count_in_words(items.len(), "case")),
            Models::of_subjects(subjects),
            &replayed.results,
        )
    });
    read(&report)
}

fn control<'c>(options: &'c LegOptions<'_>) -> Control<'c> {
    Control {
        cancelled: options.interrupted,
        deadline: Instant::now().checked_add(options.deadline),
        ..Control::default()
    }
}

fn writer(
    folder: PathBuf,
    models: &Models,
    subcommand: &str,
    circumstances: Circumstances,
) -> ArtifactWriter {
    let command = format!("crcheck {subcommand}");
    ArtifactWriter::new(folder, models.clone(), command, circumstances, tell)
}

fn tell(unwritten: &Unwritten<'_>) {
    eprintln!("{unwritten}");
}

fn not_started(error: RunError) -> EarlyEnd {
    EarlyEnd::new(LegOutcome::Broken, error.to_string())
}

/// The report, as another process would have printed it.
fn read(report: &Report) -> Result<ChildReport, EarlyEnd> {
    let child = serde_json::to_value(report).and_then(serde_json::from_value);
    let child: ChildReport = child.expect("a report is read as it is written");
    let mut interpreted = child.interpreted.iter();
    match interpreted.find_map(|one| one.account.unmodelled.as_ref()) {
        None => Ok(child),
        Some(unmodelled) => Err(not_modelled(unmodelled)),
    }
}

/// The end of a leg whose code has an instruction that the interpreter does not know.
pub(crate) fn not_modelled(unmodelled: &Unmodelled) -> EarlyEnd {
    let Unmodelled { what, place, bytes } = unmodelled;
    let reason = format!(
        "not modelled: {what} at {place} ({bytes}): nothing is known of it; please report it"
    );
    EarlyEnd::new(LegOutcome::Incomplete, reason)
}
