//! `crcheck replay`.

use crate::failure::Failure;
use crate::options::{Accept, Where, Who};
use crate::output::Output;
use crate::subjects::Subjects;
use clap::Args;
use crcheck_harness::artifact::Artifact;
use crcheck_harness::check::CheckSet;
use crcheck_harness::finding::Finding;
use crcheck_harness::hunt::Target;
use crcheck_harness::replay::{self, Content, Item};
use crcheck_harness::report::{Facts, Report, Skipped, finding_id};
use crcheck_harness::run::CheckResult;
use crcheck_harness::verdict::ExitCode;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Judge saved cases again: artifacts, fuzz inputs, folders of them.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n\
\x20 crcheck replay corpus\n\
\x20 crcheck replay crcheck-artifacts --tier portable\n\
\x20 crcheck replay input --target kernel_vs_oracle")]
pub(crate) struct Replay {
    /// Artifacts (.toml), inputs of fuzz targets, or folders of either
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// The fuzz target that inputs belong to [default: what their folder is named after]
    #[arg(long)]
    target: Option<Target>,
    #[command(flatten)]
    who: Who,
    #[command(flatten)]
    accept: Accept,
    #[command(flatten)]
    form: Where,
}

impl Replay {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let allows = self.accept.pairs()?;
        let items = replay::load(&self.paths, self.target)?;
        if items.is_empty() {
            return Err(Failure::new(
                ExitCode::Nothing,
                "there is no saved case in what was given",
            ));
        }
        let output = Output::open(&self.form)?;
        let mut results: Vec<CheckResult> = Vec::new();
        let mut skipped = Vec::new();
        let mut artifacts = BTreeMap::new();
        let count = items.len();
        let mut model = self.who.model();
        let mut sandbox = String::new();
        for items in by_subject(items, &self.who) {
            let subjects = self.subjects(&items)?;
            sandbox += &subjects.sandbox();
            if let Some(subject) = subjects.here.first() {
                model = subject.model();
            }
            skipped.extend(subjects.skipped);
            let mut on_found = |item: &Item, finding: &Finding| {
                artifacts
                    .entry(finding_id(finding))
                    .or_insert_with(|| item.path.clone());
            };
            let replayed = replay::replay(&items, &subjects.here, CheckSet::all(), &mut on_found)?;
            replay::merge(&mut results, replayed.results);
            if replayed.given_up > 0 {
                skipped.push(Skipped {
                    what: format!("{} cases", replayed.given_up),
                    reason: "the subject's process was lost too often on those before".to_owned(),
                    required: false,
                });
            }
            if replayed.without_subject > 0 && !subjects.here.is_empty() {
                skipped.push(Skipped {
                    what: format!("{} cases", replayed.without_subject),
                    reason: "they ask for a tier that was not selected or is not available"
                        .to_owned(),
                    required: false,
                });
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
        Ok(output.finish(&report, self.form.format))
    }

    /// The subject that the items were found on, unless the options name another; of a subject that is
    /// not ours, with the model that it was found with.
    fn subjects(&self, items: &[Item]) -> Result<Subjects, Failure> {
        let artifact = items.iter().find_map(|item| match &item.content {
            Content::Artifact(artifact) => Some(artifact),
            Content::Input(..) => None,
        });
        select(&self.who, artifact.map(AsRef::as_ref))
    }
}

/// The subjects for a saved case: those that the options name, else the one of the artifact, else every
/// tier. The artifact says the model where the options do not.
pub(crate) fn select(who: &Who, artifact: Option<&Artifact>) -> Result<Subjects, Failure> {
    let Some(artifact) = artifact else {
        return Subjects::select(who);
    };
    match &artifact.subject {
        Some(name) if who.is_empty() => {
            Subjects::named(name, &artifact.model, who.call_timeout, false)
        }
        _ if who.has_foreign() && !who.has_ours() => Subjects::select(&Who {
            model: who.model.clone().or_else(|| Some(artifact.model.clone())),
            ..who.clone()
        }),
        _ => Subjects::select(who),
    }
}

/// The items by the subject and the model that they were found on.
fn by_subject(items: Vec<Item>, who: &Who) -> Vec<Vec<Item>> {
    let mut groups: BTreeMap<(Option<String>, String), Vec<Item>> = BTreeMap::new();
    for item in items {
        let (subject, model) = match &item.content {
            Content::Artifact(artifact) => (artifact.subject.clone(), artifact.model.label()),
            Content::Input(..) => (None, String::new()),
        };
        let subject = subject.filter(|_| who.is_empty());
        groups.entry((subject, model)).or_default().push(item);
    }
    groups.into_values().collect()
}
