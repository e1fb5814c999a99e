//! `crcheck minimize`.

use super::replay::select;
use crate::failure::Failure;
use crate::options::{Where, Who};
use crate::output::Output;
use crate::recorder::Recorder;
use clap::Args;
use crcheck_harness::check::CheckSet;
use crcheck_harness::finding::Finding;
use crcheck_harness::hunt::Target;
use crcheck_harness::replay::{self, Content, Item};
use crcheck_harness::report::{Facts, Report};
use crcheck_harness::run::{CheckResult, minimized};
use crcheck_harness::verdict::ExitCode;
use std::path::PathBuf;

/// Find the smallest case that still shows a saved fault, and save that beside it.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n\
\x20 crcheck minimize crcheck-artifacts/case.toml --fault one-alignment")]
pub(crate) struct Minimize {
    /// An artifact (.toml), or an input of a fuzz target
    path: PathBuf,
    /// The fuzz target that the input belongs to [default: what its folder is named after]
    #[arg(long)]
    target: Option<Target>,
    #[command(flatten)]
    who: Who,
    #[command(flatten)]
    form: Where,
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
        if item.content.case(&self.who.model()).is_none() {
            return Err(Failure::new(
                ExitCode::Usage,
                "inputs of this target are no cases: there is nothing to minimize but bytes, which \
                 `cargo fuzz tmin` does",
            ));
        }
        let output = Output::open(&self.form)?;
        let artifact = match &item.content {
            Content::Artifact(artifact) => Some(artifact.as_ref()),
            Content::Input(..) => None,
        };
        let subjects = select(&self.who, artifact)?;
        let model = subjects
            .here
            .first()
            .map_or(self.who.model(), |subject| subject.model());
        let sandbox = subjects.sandbox();
        let mut ignore = |_: &Item, _: &Finding| {};
        let replayed = replay::replay(&items, &subjects.here, CheckSet::all(), &mut ignore)?;
        let results: Vec<CheckResult> = minimized(&subjects.here, replayed.results)?;
        let recorder = Recorder::new(
            self.form.artifacts.clone(),
            model.clone(),
            format!("crcheck minimize {}", self.path.display()),
        );
        results
            .iter()
            .for_each(|result| recorder.record_smallest(result));
        let recorded = recorder.finish();
        let mut report = Report::new(Facts {
            depth: "minimize".to_owned(),
            seed: 0,
            model,
            results: &results,
            skipped: subjects.skipped,
            artifacts: &recorded.artifacts,
            length_max: 0,
        });
        report.environment.sandbox = sandbox;
        if recorded.has_failed {
            report.exit_code = report.exit_code.and(ExitCode::Io);
        }
        Ok(output.finish(&report, self.form.format))
    }
}
