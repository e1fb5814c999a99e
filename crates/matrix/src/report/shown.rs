//! Each distinct finding once, with the profiles that show it.

use super::row::{ProfileReport, ProfileVerdict};
use crcheck_harness::check::check_result::CheckResult;
use crcheck_harness::check::finding::Finding;
use crcheck_harness::oracle::model::Model;
use crcheck_harness::report::{FindingReport, Footer, Report, footer};
use crcheck_harness::subject::SubjectName;
use serde::Serialize;
use std::path::Path;

/// A finding, and the profiles that show it.
#[derive(Clone, Debug, Serialize)]
pub struct MatrixFinding {
    /// The profiles that show it.
    pub shown_by: Vec<String>,
    /// The profiles that were judged to the end and do not show it.
    pub not_shown_by: Vec<String>,
    /// It, as the first of the profiles shows it.
    pub finding: FindingReport,
    /// Its smallest case, for an artifact.
    #[serde(skip)]
    pub case: Option<Finding>,
    /// The last lines: the artifact, and commands for it.
    #[serde(skip)]
    pub commands: Vec<String>,
}

impl MatrixFinding {
    /// It in one sentence, without the name of the library.
    pub fn sentence(&self) -> String {
        let FindingReport {
            kind, diagnosis, ..
        } = &self.finding;
        format!("{kind}: {}", diagnosis.summary)
    }

    /// Its smallest case is on disk. If the libraries are `kept`, it can be replayed at once.
    pub fn saved(&mut self, path: &Path, model: &Model, is_kept: bool) {
        let Some(case) = &self.case else { return };
        self.finding.artifact = Some(path.display().to_string());
        let mut case = case.clone();
        if is_kept {
            let lines = footer(&case, path, model).to_string();
            self.commands = lines.lines().map(str::to_owned).collect();
            return;
        }
        if let SubjectName::Library(spec) = &mut case.subject {
            spec.path = Path::new("FOLDER").join(&spec.path);
        }
        let Footer { subject, .. } = footer(&case, path, model);
        let path = path.display();
        self.commands = vec![
            format!("Artifact: {path}"),
            format!("Next: repeat with --keep FOLDER, then crcheck replay {path} {subject}"),
        ];
    }

    /// Whether another finding has the same cause, as far as words tell.
    fn is_same(&self, other: &FindingReport) -> bool {
        let this = &self.finding;
        this.check == other.check
            && this.kind == other.kind
            && this.diagnosis.summary == other.diagnosis.summary
    }
}

/// Adds the findings of a profile.
pub(super) fn add(
    findings: &mut Vec<MatrixFinding>,
    profile: &str,
    report: Report,
    results: &[CheckResult],
) {
    let groups = || results.iter().flat_map(|result| &result.groups);
    for finding in report.findings {
        let known = findings.iter_mut().find(|one| one.is_same(&finding));
        if let Some(known) = known {
            known.shown_by.push(profile.to_owned());
            continue;
        }
        let cases = groups().map(|group| &group.finding);
        let cases = cases.filter(|case| case.id() == finding.id);
        findings.push(MatrixFinding {
            shown_by: vec![profile.to_owned()],
            not_shown_by: Vec::new(),
            case: cases.min_by_key(|case| case.len_bytes()).cloned(),
            commands: Vec::new(),
            finding,
        });
    }
}

/// Adds a profile to what another one of the same code shows.
pub(super) fn add_same(findings: &mut [MatrixFinding], other: &str, profile: &str) {
    for finding in findings {
        if finding.shown_by.iter().any(|name| name == other) {
            finding.shown_by.push(profile.to_owned());
        }
    }
}

/// Names the profiles that were judged to the end and do not show a finding, nor one of its kind
/// in other words.
pub(super) fn complete(findings: &mut [MatrixFinding], profiles: &[ProfileReport]) {
    let is_judged =
        |row: &&ProfileReport| matches!(row.verdict, ProfileVerdict::Pass | ProfileVerdict::Fail);
    let judged: Vec<&String> = profiles
        .iter()
        .filter(is_judged)
        .map(|row| &row.name)
        .collect();
    for index in 0..findings.len() {
        let this = &findings[index].finding;
        let alike = findings
            .iter()
            .filter(|other| other.finding.check == this.check && other.finding.kind == this.kind);
        let showing: Vec<&String> = alike.flat_map(|other| &other.shown_by).collect();
        let others = judged.iter().filter(|name| !showing.contains(name));
        findings[index].not_shown_by = others.map(|&name| name.clone()).collect();
    }
}
