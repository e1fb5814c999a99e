//! `crcheck replay`.

use crate::failure::Failure;
use crate::options::{Accept, Where, Who};
use crate::output::Output;
use crate::subjects::Subjects;
use clap::Args;
use crcheck_harness::finding::Finding;
use crcheck_harness::hunt::Target;
use crcheck_harness::oracle::model::Model;
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
        for (hint, items) in by_subject(items, &self.who) {
            let subjects = self.subjects(hint.as_deref())?;
            skipped.extend(subjects.skipped);
            let mut on_found = |item: &Item, finding: &Finding| {
                artifacts
                    .entry(finding_id(finding))
                    .or_insert_with(|| item.path.clone());
            };
            let replayed = replay::replay(&items, &subjects.here, &mut on_found)?;
            replay::merge(&mut results, replayed.results);
            if replayed.without_subject > 0 && !subjects.here.is_empty() {
                skipped.push(Skipped {
                    what: format!("{} cases", replayed.without_subject),
                    reason: "they ask for a tier that was not selected or is not available"
                        .to_owned(),
                    required: false,
                });
            }
        }
        let report = Report::new(Facts {
            depth: format!("replay of {count} cases"),
            seed: 0,
            model: Model::CRC_32_ISO_HDLC.name.to_string(),
            results: &results,
            skipped,
            artifacts: &artifacts,
            length_max: 0,
        })
        .accepting(&allows);
        Ok(output.finish(&report, self.form.format))
    }

    fn subjects(&self, hint: Option<&str>) -> Result<Subjects, Failure> {
        let Some(name) = hint else {
            return Subjects::select(&self.who);
        };
        let mut subjects = Subjects::default();
        subjects.take(name, false)?;
        Ok(subjects)
    }
}

/// The items by the subject that they were found on, unless the options name another.
fn by_subject(items: Vec<Item>, who: &Who) -> BTreeMap<Option<String>, Vec<Item>> {
    let mut groups: BTreeMap<Option<String>, Vec<Item>> = BTreeMap::new();
    for item in items {
        let hint = match &item.content {
            Content::Artifact(artifact) if who.is_empty() => artifact.subject.clone(),
            _ => None,
        };
        groups.entry(hint).or_default().push(item);
    }
    groups
}
