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
use crcheck_harness::check::saved::replay;
use crcheck_harness::check::saved::replay::{Content, Item};
use crcheck_harness::report::verdict::ExitCode;
use crcheck_harness::report::{Facts, Report, Skipped, finding_id};
use std::collections::BTreeMap;
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
        let mut artifacts = BTreeMap::new();
        let count = items.len();
        let mut model = self.subject.model();
        let mut sandbox = String::new();
        for items in group_by_subject(items, &self.subject) {
            let subjects = self.subjects(&items)?;
            sandbox += &subjects.sandbox();
            if let Some(subject) = subjects.available.first() {
                model = subject.model();
            }
            skipped.extend(subjects.skipped);
            let mut on_found = |item: &Item, finding: &Finding| {
                artifacts
                    .entry(finding_id(finding))
                    .or_insert_with(|| item.path.clone());
            };
            let replayed =
                replay::replay(&items, &subjects.available, CheckSet::all(), &mut on_found)?;
            replay::merge(&mut results, replayed.results);
            if replayed.given_up > 0 {
                skipped.push(Skipped::new(
                    format!("{} cases", replayed.given_up),
                    "the subject's process ended too often on earlier cases",
                    false,
                ));
            }
            if replayed.without_subject > 0 && !subjects.available.is_empty() {
                skipped.push(Skipped::new(
                    format!("{} cases", replayed.without_subject),
                    "they need a tier that is not selected or not available",
                    false,
                ));
            }
        }
        let mut report = Report::new(Facts {
            depth: format!("replay of {count} cases"),
            seed: 0,
            model,
            results: &results,
            skipped,
            artifacts: &artifacts,
            length_max: 0,
        })
        .accepting(&allows);
        report.environment.sandbox = sandbox;
        Ok(output.finish(&report, self.report.format))
    }

    /// The subject of the items' first artifact, unless the options name another.
    fn subjects(&self, items: &[Item]) -> Result<Subjects, Failure> {
        let artifact = items.iter().find_map(|item| match &item.content {
            Content::Artifact(artifact) => Some(artifact.as_ref()),
            Content::Input(..) => None,
        });
        Subjects::select_for(&self.subject, artifact)
    }
}

/// Groups the items by the subject and the model that they were found on.
fn group_by_subject(items: Vec<Item>, options: &SubjectOptions) -> Vec<Vec<Item>> {
    let mut groups: BTreeMap<(Option<String>, String), Vec<Item>> = BTreeMap::new();
    for item in items {
        let (subject, model) = match &item.content {
            Content::Artifact(artifact) => (artifact.subject.clone(), artifact.model.label()),
            Content::Input(..) => (None, String::new()),
        };
        let subject = subject.filter(|_| options.is_empty());
        let subject = subject.map(|name| name.to_string());
        groups.entry((subject, model)).or_default().push(item);
    }
    groups.into_values().collect()
}
