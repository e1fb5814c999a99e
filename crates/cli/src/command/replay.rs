//! `crcheck replay`.

use crate::failure::Failure;
use crate::options::{AcceptOptions, ReportOptions, SubjectOptions, default_to_artifact, heading};
use crate::output::Output;
use crate::subjects::Subjects;
use clap::Args;
use crcheck_harness::check::check_result::CheckResult;
use crcheck_harness::check::checks::CheckSet;
use crcheck_harness::check::finding::Finding;
use crcheck_harness::check::fuzz::Target;
use crcheck_harness::check::saved::artifacts::SavedArtifacts;
use crcheck_harness::check::saved::found_on::{self, FoundOn};
use crcheck_harness::check::saved::replay;
use crcheck_harness::check::saved::replay::Item;
use crcheck_harness::report;
use crcheck_harness::report::verdict::ExitCode;
use crcheck_harness::report::{Facts, Report, Skipped};
use std::path::PathBuf;

/// Judge saved cases again: artifacts, fuzz inputs, or folders of them
#[derive(Args, Debug)]
#[command(
    mut_arg("tier", default_to_artifact),
    after_help = "Examples:\n\
\x20 crcheck replay corpus\n\
\x20 crcheck replay crcheck-artifacts --tier portable\n\
\x20 crcheck replay input --target kernel_vs_oracle"
)]
pub(crate) struct Replay {
    /// Artifacts (.toml), inputs of fuzz targets, or folders of either
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    subject: SubjectOptions,
    /// The fuzz target of the inputs [default: the name of their folder]
    #[arg(long, help_heading = heading::RUN)]
    target: Option<Target>,
    #[command(flatten)]
    accept: AcceptOptions,
    #[command(flatten)]
    report: ReportOptions,
}

impl Replay {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let allows = self.accept.pairs()?;
        let items = replay::load(&self.paths, self.target)?;
        if items.is_empty() {
            return Err(Failure::new(
                ExitCode::Nothing,
                "these paths hold no saved case",
            ));
        }
        let output = Output::open(&self.report.output)?;
        let mut results: Vec<CheckResult> = Vec::new();
        let mut skipped = Vec::new();
        let mut artifacts = SavedArtifacts::default();
        let count = items.len();
        let mut model = self.subject.model();
        let mut sandbox = String::new();
        for items in found_on::group(items, !self.subject.is_empty()) {
            let found_on = items.iter().find_map(FoundOn::of);
            let subjects = Subjects::select_for(&self.subject, found_on.as_ref())?;
            sandbox += &report::sandbox(&subjects.available);
            if let Some(subject) = subjects.available.first() {
                model = subject.model();
            }
            skipped.extend(subjects.skipped);
            let mut on_found = |item: &Item, finding: &Finding| {
                let path = artifacts.paths.entry(finding.id());
                path.or_insert_with(|| item.path.clone());
            };
            let replayed =
                replay::replay(&items, &subjects.available, CheckSet::all(), &mut on_found)?;
            skipped.extend(Skipped::of_replay(&replayed));
            replay::merge(&mut results, replayed.results);
        }
        let report = Report::new(Facts {
            skipped,
            artifacts,
            sandbox,
            ..Facts::of_saved(format!("replay of {count} cases"), model, &results)
        })
        .accepting(&allows);
        Ok(output.finish(&report, self.report.format))
    }
}
