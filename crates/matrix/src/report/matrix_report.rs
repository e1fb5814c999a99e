//! All profiles and all findings, and the verdict.

use super::row::{ProfileReport, ProfileVerdict};
use super::shown::{self, MatrixFinding};
use crate::judge::{AllJudged, Function, Outcome};
use crate::source::Source;
use crcheck_harness::check::check_result::CheckResult;
use crcheck_harness::check::finding::Finding;
use crcheck_harness::check::plan::Plan;
use crcheck_harness::check::saved::artifacts::SavedArtifacts;
use crcheck_harness::oracle::model::Model;
use crcheck_harness::report::environment::Environment;
use crcheck_harness::report::verdict::{ExitCode, Verdict};
use crcheck_harness::report::{Allow, Facts, Report};
use serde::Serialize;

/// The version of the JSON form, whose schema is `schemas/matrix.schema.json`.
pub const SCHEMA: &str = "crcheck/matrix/1";

/// The verdicts of all profiles.
#[derive(Clone, Debug, Serialize)]
pub struct MatrixReport {
    /// [`SCHEMA`].
    pub schema: &'static str,
    pub verdict: Verdict,
    /// The files that were built.
    pub source: Vec<String>,
    /// The function.
    pub symbol: String,
    /// The model that it claims to compute.
    pub model: String,
    /// The seed, as the command line takes it.
    pub seed: String,
    /// The depth.
    pub depth: String,
    /// The folder that keeps the libraries.
    pub kept: Option<String>,
    /// Where the run took place.
    pub environment: Environment,
    /// A row for each profile.
    pub profiles: Vec<ProfileReport>,
    /// Each distinct finding once.
    pub findings: Vec<MatrixFinding>,
    /// The exit code.
    #[serde(skip)]
    pub exit_code: ExitCode,
}

/// What the report says beside the outcomes.
pub struct MatrixFacts<'a> {
    pub source: &'a Source,
    pub function: &'a Function,
    pub plan: &'a Plan,
    /// The findings to accept, each with its reason.
    pub allows: &'a [(Allow, String)],
    /// The folder that keeps the libraries.
    pub kept: Option<String>,
    /// Whether an interrupt ended the run.
    pub is_interrupted: bool,
}

impl MatrixReport {
    /// Makes the report, with its verdict.
    pub fn new(facts: &MatrixFacts<'_>, judged: AllJudged) -> Self {
        let mut profiles: Vec<ProfileReport> = Vec::new();
        let mut findings = Vec::new();
        for one in judged.profiles {
            let mut row = ProfileReport::of(&one.build);
            match one.outcome {
                Outcome::NotBuilt => {}
                Outcome::NotJudged(code, reason) => row.not_judged(code, reason),
                Outcome::SameCode(name) => {
                    let same = profiles.iter().find(|row| row.name == name);
                    same.into_iter().for_each(|same| row.is_like(same));
                    shown::add_same(&mut findings, &name, &row.name);
                }
                Outcome::Results(results) => {
                    let report = report_of(facts, &results);
                    row.judged(&report);
                    shown::add(&mut findings, &row.name, report, &results);
                }
            }
            profiles.push(row);
        }
        shown::complete(&mut findings, &profiles);
        name_findings(&mut profiles, &findings);
        let code = exit_code(&profiles);
        let has_result = profiles.iter().any(ProfileReport::has_result);
        Self {
            schema: SCHEMA,
            verdict: code.verdict(),
            source: facts
                .source
                .files()
                .iter()
                .map(|file| file.display().to_string())
                .collect(),
            symbol: facts.function.symbol.clone(),
            model: facts.function.model.label(),
            seed: format!("{:#x}", facts.plan.seed),
            depth: facts.plan.depth.name.to_string(),
            kept: facts.kept.clone(),
            environment: Environment {
                sandbox: judged.sandbox,
                ..Environment::of_this_process()
            },
            profiles,
            findings,
            // An interrupt changes the exit code only.
            exit_code: match facts.is_interrupted && !has_result {
                true => ExitCode::Interrupted,
                false => code,
            },
        }
    }

    /// The report as one JSON object.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("plain data is always JSON") + "\n"
    }

    /// The cases of its findings are on disk, or could not be written.
    pub fn saved(&mut self, artifacts: &SavedArtifacts, model: &Model) {
        let is_kept = self.kept.is_some();
        for finding in &mut self.findings {
            let id = finding.case.as_ref().map(Finding::id);
            if let Some(path) = id.and_then(|id| artifacts.paths.get(&id)) {
                finding.saved(path, model, is_kept);
            }
        }
        if artifacts.has_failed {
            self.exit_code = self.exit_code.and(ExitCode::Io);
        }
    }
}

/// The report that `verify` would give of one library.
fn report_of(facts: &MatrixFacts<'_>, results: &[CheckResult]) -> Report {
    let model = facts.function.model.clone();
    let facts_of = Facts::of_run(facts.plan, model, results);
    Report::new(facts_of).accepting(facts.allows)
}

/// The exit code of all profiles: a finding outranks the rest. Profiles that do not build are left
/// out, unless the command line asks for them or none builds.
fn exit_code(profiles: &[ProfileReport]) -> ExitCode {
    let nothing = match profiles {
        [] => ExitCode::Nothing,
        _ if profiles.iter().all(ProfileReport::is_skipped) => ExitCode::Unavailable,
        _ => ExitCode::Passed,
    };
    let of_profiles = profiles.iter().map(ProfileReport::exit_code);
    of_profiles.fold(nothing, ExitCode::and)
}

/// Gives each profile that fails its first finding in words.
fn name_findings(profiles: &mut [ProfileReport], findings: &[MatrixFinding]) {
    for row in profiles {
        if row.verdict != ProfileVerdict::Fail {
            continue;
        }
        let open = |one: &&MatrixFinding| one.finding.accepted.is_none();
        let mut open = findings.iter().filter(open);
        let first = open.find(|one| one.shown_by.contains(&row.name));
        row.reason = first.map(MatrixFinding::sentence);
    }
}
