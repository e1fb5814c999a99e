//! `crcheck minimize`.

use crate::absent::Absent;
use crate::config;
use crate::failure::Failure;
use crate::interrupt;
use crate::options::{ReportOptions, SubjectOptions, default_to_artifact, heading};
use crate::reports::Reports;
use crate::subjects::{self, Subjects};
use crate::trust::{TrustOptions, Untrusted};
use clap::Args;
use crcheck_harness::check::check_result::CheckResult;
use crcheck_harness::check::checks::CheckSet;
use crcheck_harness::check::control::Control;
use crcheck_harness::check::finding::Finding;
use crcheck_harness::check::fuzz::Target;
use crcheck_harness::check::run::minimize_results;
use crcheck_harness::check::saved::artifacts::SavedArtifacts;
use crcheck_harness::check::saved::found_on::FoundOn;
use crcheck_harness::check::saved::load::{self, Content, Item};
use crcheck_harness::check::saved::replay;
use crcheck_harness::report;
use crcheck_harness::report::verdict::ExitCode;
use crcheck_harness::report::{Facts, Report};
use crcheck_harness::subject::Models;
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
    pub(crate) fn run(mut self) -> Result<ExitCode, Failure> {
        config::take_subjects(&mut self.subject, self.report.output.quiet)?;
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
        let output = Reports::open(&self.report.format, &self.report.output, &inputs)?;
        let subjects = self.subjects(item)?;
        subjects::tell_changed_code(&loaded.items, &subjects);
        let models = subjects.models();
        let control = Control {
            cancelled: interrupt::flag(),
            ..Control::default()
        };
        let mut ignore = |_: &Item, _: &Finding| {};
        let (available, all) = (&subjects.available, CheckSet::all());
        let replayed = replay::replay(&loaded.items, available, all, &control, &mut ignore)?;
        let results: Vec<CheckResult> =
            minimize_results(available, all, replayed.results, &control)?;
        let artifacts = self.save(item, &models, &results);
        let first = first_line(item, &models, &results, &artifacts);
        let report = Report::new(Facts {
            sandbox: report::sandbox(&subjects.available),
            skipped: subjects.skipped,
            artifacts,
            is_interrupted: interrupt::has_come(),
            ..Facts::of_saved("minimize", models, &results)
        });
        Ok(output.finish_after(first, &report))
    }

    /// Writes the smallest cases. An artifact that is one already stays as it is.
    fn save(&self, item: &Item, models: &Models, results: &[CheckResult]) -> SavedArtifacts {
        let found_by = format!("crcheck minimize {}", self.path.display());
        let artifacts = self.report.artifact_writer(models.clone(), found_by, None);
        let is_known = |finding: &Finding| match &item.content {
            Content::Artifact(artifact) => artifact.case == finding.case,
            Content::Input(..) => false,
        };
        let groups = results.iter().flat_map(|result| &result.groups);
        // Another finding stands for the others of its cause.
        let groups = groups.filter(|group| group.same_cause_as.is_none());
        let (known, new): (Vec<_>, Vec<_>) = groups.partition(|group| is_known(&group.finding));
        new.iter().for_each(|group| artifacts.write_group(group));
        let mut saved = artifacts.finish();
        let known = known.iter().map(|group| group.finding.id());
        known.for_each(|id| {
            saved.paths.insert(id, item.path.clone());
        });
        saved
    }

    /// The subjects that the options name, else the one of the case.
    fn subjects(&self, item: &Item) -> Result<Subjects, Failure> {
        let found_on = FoundOn::of(item);
        let named = found_on.as_ref().and_then(FoundOn::named);
        let files = std::slice::from_ref(&self.path);
        let absent = Absent::of("minimize", files, &self.subject, self.trust, (named, 1));
        if let Some(absent) = absent {
            return Err(absent.into());
        }
        if let Some(name) = self.trust.refused(&self.subject, named) {
            return Err(Untrusted::new("minimize", files, name).into());
        }
        Subjects::select_for(&self.subject, found_on.as_ref())
    }
}

/// What became of the case, for the finding that it is of; `None` if it shows none.
fn first_line(
    item: &Item,
    models: &Models,
    results: &[CheckResult],
    artifacts: &SavedArtifacts,
) -> Option<String> {
    let own = match &item.content {
        Content::Artifact(artifact) => artifact.check,
        Content::Input(..) => None,
    };
    let groups = results.iter().flat_map(|result| &result.groups);
    let finding = groups
        .map(|group| &group.finding)
        .min_by_key(|finding| Some(finding.check) != own)?;
    let path = artifacts.paths.get(&finding.id()).map(PathBuf::as_path);
    let before = item.content.case(models.of(&finding.subject))?;
    Some(report::minimized(&before, &finding.case, path))
}
