//! The run of a test.

use crate::again::Again;
use crate::regressions::Regressions;
use crcheck_check::artifact::Artifact;
use crcheck_check::check_result::CheckResult;
use crcheck_check::circumstances::Circumstances;
use crcheck_check::control::{AfterFinding, Control};
use crcheck_check::finding::Finding;
use crcheck_check::plan::Plan;
use crcheck_check::run::RunError;
use crcheck_check::saved::load::Loaded;
use crcheck_check::saved::replay::{self, Replayed};
use crcheck_check::verification::{self, Seeds};
use crcheck_oracle::model::Model;
use crcheck_report::{Allow, Facts, Report, RunStart, Skipped, accepts, count_in_words};
use crcheck_subject::Subject;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The run of a test: the saved cases first, then the plan.
pub(crate) struct TestRun {
    pub(crate) subjects: [Box<dyn Subject>; 1],
    pub(crate) model: Model,
    pub(crate) plan: Plan,
    pub(crate) allows: Vec<(Allow, String)>,
    pub(crate) regressions: Regressions,
    pub(crate) again: Again,
}

impl TestRun {
    /// Judges the saved cases. If they pass, it judges the kernel by the plan and by the seeds of
    /// the corpora too, and saves the smallest case of each finding that is not accepted.
    ///
    /// # Errors
    /// If a saved file is no case, or the run does not start.
    pub(crate) fn judge(self) -> Result<Report, String> {
        let start = RunStart::now();
        let loaded = self.regressions.load(&self.model)?;
        let report = self.judge_all(&loaded).map_err(|error| error.to_string())?;
        Ok(report.of_run(start.end()))
    }

    fn judge_all(&self, loaded: &Loaded) -> Result<Report, RunError> {
        let control = Control {
            after_finding: AfterFinding::Thin,
            is_accepted: &|finding| accepts(&self.allows, finding),
            ..Control::default()
        };
        let mut files = BTreeMap::new();
        let replayed = self.replay(loaded, &control, &mut files)?;
        let skipped = Skipped::of_load(&loaded.skipped).chain(Skipped::of_replay(&replayed));
        let skipped: Vec<Skipped> = skipped.collect();
        let of_saved = self.report(Facts {
            seed: self.plan.seed,
            skipped: skipped.clone(),
            ..Facts::of_saved(
                count_in_words(loaded.items.len(), "saved case"),
                self.model.clone(),
                &replayed.results,
            )
        });
        if of_saved.open_findings().next().is_some() {
            let of_saved = with_files(of_saved, |id| files.get(id).cloned());
            return Ok(of_saved.again_by(self.again.without_seed()));
        }
        let (none, seeds) = (Vec::new(), Seeds::Judged);
        let (subjects, plan) = (&self.subjects, &self.plan);
        let results = verification::judge(subjects, plan, none, seeds, &control, &mut |_| {});
        let mut results = results?;
        replay::merge(&mut results, parts(replayed));
        let report = self.report(Facts {
            skipped,
            ..Facts::of_run(plan, self.model.clone(), &results)
        });
        let report = with_files(report, |id| self.save(&results, id));
        Ok(report.again_by(self.again.with_seed()))
    }

    fn report(&self, facts: Facts<'_>) -> Report {
        Report::new(facts).accepting(&self.allows)
    }

    /// Judges the saved cases. `files` gets the first file of each finding.
    fn replay(
        &self,
        loaded: &Loaded,
        control: &Control<'_>,
        files: &mut BTreeMap<String, PathBuf>,
    ) -> Result<Replayed, RunError> {
        let (items, checks) = (&loaded.items, self.plan.checks);
        replay::replay(
            items,
            &self.subjects,
            checks,
            control,
            &mut |item, finding| {
                let file = files.entry(finding.id());
                file.or_insert_with(|| item.path.clone());
            },
        )
    }

    /// Saves the smallest case of a finding.
    fn save(&self, results: &[CheckResult], id: &str) -> Option<PathBuf> {
        let groups = results.iter().flat_map(|result| &result.groups);
        let findings = groups.map(|group| &group.finding);
        let findings = findings.filter(|finding| finding.id() == id);
        let smallest: &Finding = findings.min_by_key(|finding| finding.case.message.len())?;
        let circumstances = Circumstances {
            depth: Some(self.plan.depth.name.to_string()),
            seed: Some(format!("{:#x}", self.plan.seed)),
            ..Circumstances::here()
        };
        let artifact = Artifact {
            circumstances,
            ..Artifact::of(smallest, &self.model, &self.again.of_case())
        };
        self.regressions.save(id, &artifact)
    }
}

/// The results of saved cases, as parts of those of a plan, which has cases of its own for each
/// check.
fn parts(replayed: Replayed) -> Vec<CheckResult> {
    let mut results = replayed.results;
    results
        .iter_mut()
        .for_each(|result| result.left_out.clear());
    results
}

/// The report with the files of its findings that are not accepted.
fn with_files(mut report: Report, file: impl Fn(&str) -> Option<PathBuf>) -> Report {
    for finding in &mut report.findings {
        if finding.accepted.is_none() {
            let path = file(&finding.id);
            finding.artifact = path
                .as_deref()
                .map(Path::display)
                .map(|path| path.to_string());
        }
    }
    report
}
