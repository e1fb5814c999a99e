//! `crcheck replay`.

use crate::absent::Absent;
use crate::config;
use crate::failure::Failure;
use crate::interrupt;
use crate::options::{AcceptOptions, ReportOptions, SubjectOptions, default_to_artifact, heading};
use crate::reports::Reports;
use crate::stderr::tell_lines;
use crate::subjects::{self, Subjects};
use crate::trust::{TrustOptions, Untrusted};
use clap::Args;
use crcheck_harness::check::check_result::CheckResult;
use crcheck_harness::check::checks::CheckSet;
use crcheck_harness::check::control::{AfterFinding, Control};
use crcheck_harness::check::finding::Finding;
use crcheck_harness::check::fuzz::Target;
use crcheck_harness::check::saved::artifacts::SavedArtifacts;
use crcheck_harness::check::saved::found_on::{self, FoundOn};
use crcheck_harness::check::saved::load::{self, Item, Loaded};
use crcheck_harness::check::saved::replay;
use crcheck_harness::oracle::model::Model;
use crcheck_harness::report;
use crcheck_harness::report::verdict::ExitCode;
use crcheck_harness::report::{Facts, Report, Skipped, accepts, count_in_words};
use crcheck_harness::subject::Models;
use std::path::PathBuf;

/// Judge saved cases again: artifacts, fuzz inputs, or folders of them
#[derive(Args, Debug)]
#[command(
    mut_arg("tier", default_to_artifact),
    after_help = "Examples:\n\
\x20 crcheck replay corpus\n\
\x20 crcheck replay crcheck-artifacts --tier portable\n\
\x20 crcheck replay crcheck-regressions --fail-fast\n\
\x20 crcheck replay crcheck-artifacts --subject mine\n\
\x20 crcheck replay input --target kernel_vs_oracle"
)]
pub(crate) struct Replay {
    /// Artifacts (.toml), inputs of fuzz targets, or folders of either
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    subject: SubjectOptions,
    #[command(flatten)]
    trust: TrustOptions,
    /// The fuzz target of the inputs [default: the name of their folder]
    #[arg(long, help_heading = heading::RUN)]
    target: Option<Target>,
    /// End the run at the first finding that is not accepted
    #[arg(long, help_heading = heading::LIMITS)]
    fail_fast: bool,
    #[command(flatten)]
    accept: AcceptOptions,
    #[command(flatten)]
    report: ReportOptions,
}

impl Replay {
    pub(crate) fn run(mut self) -> Result<ExitCode, Failure> {
        config::take_subjects(&mut self.subject, self.report.output.quiet)?;
        let allows = self.accept.pairs()?;
        let loaded = load::load(&self.paths, self.target)?;
        if loaded.items.is_empty() {
            return Err(Failure::new(
                ExitCode::Nothing,
                "these paths hold no saved case",
            ));
        }
        let inputs = subjects::files(&self.subject, &loaded);
        let output = Reports::open(&self.report.format, &self.report.output, &inputs)?;
        let control = Control {
            cancelled: interrupt::flag(),
            after_finding: if self.fail_fast {
                AfterFinding::End
            } else {
                AfterFinding::GoOn
            },
            is_accepted: &|finding| accepts(&allows, finding),
            ..Control::default()
        };
        let count = loaded.items.len();
        let judged = self.judge(loaded, &control)?;
        for refused in &judged.refused {
            tell_lines(format_args!("error: {refused}"));
        }
        let refused = judged.refused.iter().map(|refused| refused.code);
        let refused = refused.fold(ExitCode::Passed, ExitCode::and);
        if judged.results.is_empty() && !judged.refused.is_empty() {
            let text = "nothing is replayed: every case is one of a subject that is not trusted or \
                        not here";
            return Err(Failure::new(refused, text));
        }
        let mut report = Report::new(Facts {
            skipped: judged.skipped,
            artifacts: judged.artifacts,
            sandbox: judged.sandbox,
            is_interrupted: interrupt::has_come(),
            ..Facts::of_saved(
                format!("replay of {}", count_in_words(count, "case")),
                judged.models,
                &judged.results,
            )
        })
        .accepting(&allows);
        report.exit_code = report.exit_code.and(refused);
        Ok(output.finish(&report))
    }

    /// Judges the cases, those of each subject and model together.
    fn judge(&self, loaded: Loaded, control: &Control<'_>) -> Result<Judged, Failure> {
        let mut judged = Judged {
            skipped: Skipped::of_load(&loaded.skipped).collect(),
            ..Judged::new(self.subject.model())
        };
        for items in found_on::group(loaded.items, !self.subject.is_empty()) {
            let found_on = items.iter().find_map(FoundOn::of);
            let named = found_on.as_ref().and_then(FoundOn::named);
            let (subject, cases) = (&self.subject, (named, items.len()));
            let absent = Absent::of("replay", &self.paths, subject, self.trust, cases);
            if let Some(absent) = absent {
                let reason = "a file names it, and it is not here";
                let skipped = Skipped::new(absent.what(), reason, true);
                judged.skipped.push(skipped);
                judged.refused.push(absent.into());
                continue;
            }
            if let Some(name) = self.trust.refused(&self.subject, named) {
                let what = format!("{name}: {}", count_in_words(items.len(), "case"));
                let reason = "a file names it, and it is not trusted";
                judged.skipped.push(Skipped::new(what, reason, true));
                let untrusted = Untrusted::new("replay", &self.paths, name);
                judged.refused.push(untrusted.into());
                continue;
            }
            if control.should_stop() {
                let name = named.cloned().unwrap_or_else(|| SAVED_CASES.into());
                judged
                    .results
                    .push(replay::stopped(name, CheckSet::all(), control.why()));
                continue;
            }
            let subjects = Subjects::select_for(&self.subject, found_on.as_ref())?;
            judged.replay(&items, subjects, control)?;
        }
        Ok(judged)
    }
}

/// The subject of cases that no subject was chosen for.
const SAVED_CASES: &str = "saved cases";

/// What a replay knows so far.
struct Judged {
    results: Vec<CheckResult>,
    skipped: Vec<Skipped>,
    /// Why subjects were not started.
    refused: Vec<Failure>,
    artifacts: SavedArtifacts,
    /// The models of the subjects so far, by the cases that came last.
    models: Models,
    sandbox: String,
}

impl Judged {
    fn new(model: Model) -> Self {
        Self {
            results: Vec::new(),
            skipped: Vec::new(),
            refused: Vec::new(),
            artifacts: SavedArtifacts::default(),
            models: model.into(),
            sandbox: String::new(),
        }
    }

    fn replay(
        &mut self,
        items: &[Item],
        subjects: Subjects,
        control: &Control<'_>,
    ) -> Result<(), Failure> {
        subjects::tell_changed_code(items, &subjects);
        self.sandbox += &report::sandbox(&subjects.available);
        self.models.extend(subjects.models());
        self.skipped.extend(subjects.skipped);
        let mut on_found = |item: &Item, finding: &Finding| {
            let path = self.artifacts.paths.entry(finding.id());
            path.or_insert_with(|| item.path.clone());
        };
        let (subjects, all) = (&subjects.available, CheckSet::all());
        let replayed = replay::replay(items, subjects, all, control, &mut on_found)?;
        self.skipped.extend(Skipped::of_replay(&replayed));
        replay::merge(&mut self.results, replayed.results);
        Ok(())
    }
}
