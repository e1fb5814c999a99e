//! `crcheck minimize`.

use crate::failure::Failure;
use crate::interrupt;
use crate::options::{ReportOptions, SubjectOptions, default_to_artifact, heading};
use crate::output::Output;
use crate::subjects::{self, Subjects};
use crate::trust::{TrustOptions, Untrusted};
use clap::Args;
use crcheck_harness::check::check_result::CheckResult;
use crcheck_harness::check::checks::CheckSet;
use crcheck_harness::check::control::Control;
use crcheck_harness::check::finding::Finding;
use crcheck_harness::check::fuzz::Target;
use crcheck_harness::check::run::minimize_results;
use crcheck_harness::check::saved::found_on::FoundOn;
use crcheck_harness::check::saved::load::{self, Item};
use crcheck_harness::check::saved::replay;
use crcheck_harness::report;
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
    #[command(flatten)]
    trust: TrustOptions,
    /// The fuzz target of the input [default: the name of its folder]
    #[arg(long, help_heading = heading::RUN)]
    target: Option<Target>,
    #[command(flatten)]
    report: ReportOptions,
}

impl Minimize {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let loaded = load::load(std::slice::from_ref(&self.path), self.target)?;
        let [item] = loaded.items.as_slice() else {
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
        let inputs = subjects::files(&self.subject, &loaded);
        let output = Output::open(&self.report.output, &inputs)?;
        let subjects = self.subjects(item)?;
        let model = subjects
            .available
            .first()
            .map_or(self.subject.model(), |subject| subject.model());
        let control = Control {
            cancelled: interrupt::flag(),
            ..Control::default()
        };
        let mut ignore = |_: &Item, _: &Finding| {};
        let (available, all) = (&subjects.available, CheckSet::all());
        let replayed = replay::replay(&loaded.items, available, all, &control, &mut ignore)?;
        let results: Vec<CheckResult> =
            minimize_results(available, all, replayed.results, &control)?;
        let found_by = format!("crcheck minimize {}", self.path.display());
        let artifacts = self.report.artifact_writer(model.clone(), found_by, None);
        results
            .iter()
            .for_each(|result| artifacts.write_smallest(result));
        let report = Report::new(Facts {
            sandbox: report::sandbox(&subjects.available),
            skipped: subjects.skipped,
            artifacts: artifacts.finish(),
            is_interrupted: interrupt::has_come(),
            ..Facts::of_saved("minimize", model, &results)
        });
        Ok(output.finish(&report, self.report.format))
    }

    /// The subjects that the options name, else the one of the case.
    fn subjects(&self, item: &Item) -> Result<Subjects, Failure> {
        let found_on = FoundOn::of(item);
        let named = found_on.as_ref().and_then(FoundOn::named);
        if let Some(name) = self.trust.refused(&self.subject, named) {
            let files = std::slice::from_ref(&self.path);
            return Err(Untrusted::new("minimize", files, name).into());
        }
        Subjects::select_for(&self.subject, found_on.as_ref())
    }
}
