//! `crcheck minimize`.

use crate::artifacts::ArtifactWriter;
use crate::failure::Failure;
use crate::options::{ReportOptions, SubjectOptions, default_to_artifact, heading};
use crate::output::Output;
use crate::subjects::Subjects;
use clap::Args;
use crcheck_harness::check::check_result::CheckResult;
use crcheck_harness::check::checks::CheckSet;
use crcheck_harness::check::finding::Finding;
use crcheck_harness::check::fuzz::Target;
use crcheck_harness::check::run::minimize_results;
use crcheck_harness::check::saved::replay;
use crcheck_harness::check::saved::replay::{Content, Item};
use crcheck_harness::report::verdict::ExitCode;
use crcheck_harness::report::{Facts, Report};
use std::path::PathBuf;

/// Find the smallest case that still shows the finding of a saved case
#[derive(Args, Debug)]
#[command(
    mut_arg("tier", default_to_artifact),
    after_help = "Examples:\n\
\x20 crcheck minimize crcheck-artifacts/case.toml --fault one-alignment"
)]
pub(crate) struct Minimize {
    /// An artifact (.toml), or an input of a fuzz target
    path: PathBuf,
    #[command(flatten)]
    subject: SubjectOptions,
    /// The fuzz target of the input [default: the name of its folder]
    #[arg(long, help_heading = heading::RUN)]
    target: Option<Target>,
    #[command(flatten)]
    report: ReportOptions,
}

impl Minimize {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let items = replay::load(std::slice::from_ref(&self.path), self.target)?;
        let [item] = items.as_slice() else {
            return Err(Failure::new(
                ExitCode::Usage,
                format!(
                    "{} is a folder: minimize takes one case",
                    self.path.display()
                ),
            ));
        };
        if item.content.case(&self.subject.model()).is_none() {
            return Err(Failure::new(
                ExitCode::Usage,
                "inputs of this target are not cases: `cargo fuzz tmin` minimizes their bytes",
            ));
        }
        let output = Output::open(&self.report.output)?;
        let artifact = match &item.content {
            Content::Artifact(artifact) => Some(artifact.as_ref()),
            Content::Input(..) => None,
        };
        let subjects = Subjects::select_for(&self.subject, artifact)?;
        let model = subjects
            .available
            .first()
            .map_or(self.subject.model(), |subject| subject.model());
        let sandbox = subjects.sandbox();
        let mut ignore = |_: &Item, _: &Finding| {};
        let replayed = replay::replay(&items, &subjects.available, CheckSet::all(), &mut ignore)?;
        let results: Vec<CheckResult> =
            minimize_results(&subjects.available, CheckSet::all(), replayed.results)?;
        let artifacts = ArtifactWriter::new(
            self.report.artifacts.clone(),
            model.clone(),
            format!("crcheck minimize {}", self.path.display()),
        );
        results
            .iter()
            .for_each(|result| artifacts.write_smallest(result));
        let artifacts = artifacts.finish();
        let mut report = Report::new(Facts {
            depth: "minimize".to_owned(),
            seed: 0,
            model,
            results: &results,
            skipped: subjects.skipped,
            artifacts: &artifacts.paths,
            length_max: 0,
        });
        report.environment.sandbox = sandbox;
        if artifacts.has_failed {
            report.exit_code = report.exit_code.and(ExitCode::Io);
        }
        Ok(output.finish(&report, self.report.format))
    }
}
