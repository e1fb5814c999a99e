//! A report: the results of a run, and the verdict.

use crate::accepted::{Allow, Allowed, findings_of};
use crate::check_report::{CheckReport, report_check};
use crate::count::count_in_words;
use crate::duration::duration_in_words;
use crate::environment::Environment;
use crate::finding_report::{FindingReport, report_finding};
use crate::guess_report::GuessReport;
use crate::hashed::Hashed;
use crate::interpreted::InterpretedReport;
use crate::joint_finding;
use crate::not_covered::NotCovered;
use crate::run_facts::RunFacts;
use crate::scaled::Scaled;
use crate::skipped::Skipped;
use crate::verdict::{ExitCode, Verdict};
use crate::visible::visible;
use crcheck_check::check_result::{CheckResult, Ending, Skip};
use crcheck_check::group::Group;
use crcheck_check::plan::Plan;
use crcheck_check::saved::artifacts::SavedArtifacts;
use crcheck_platform::code::mined_lengths::Mined;
use crcheck_subject::{
    CheckId, Kind, Models, SOFTWARE, Subject, SubjectName, TiersRun, mined_lengths,
};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt;

/// The version of the JSON form, whose schema is `schemas/report.schema.json`.
pub const SCHEMA: &str = "crcheck/report/1";

/// The results of a run, and the verdict.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: &'static str,
    pub verdict: Verdict,
    /// The subjects, by name.
    pub subject: String,
    /// The models that they claim to compute, each once.
    pub model: String,
    /// The seed, as the command line takes it.
    pub seed: String,
    /// The depth, or the command that ran.
    pub depth: String,
    /// Where the run took place.
    pub environment: Environment,
    /// When it took place, how long it took, and by which command; `None` if nobody says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<RunFacts>,
    /// The files of libraries and programs among the subjects, as they are at the end of the run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub code: Vec<Hashed>,
    /// The result of each check of each subject.
    pub checks: Vec<CheckReport>,
    /// The subjects that an interpreter executed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub interpreted: Vec<InterpretedReport>,
    /// The kernel's tiers that the run was asked to judge, by whether it did.
    pub tiers: TiersRun,
    /// What did not run.
    pub skipped: Vec<Skipped>,
    /// The findings, one for each cause, the best one first.
    pub findings: Vec<FindingReport>,
    /// What each check met.
    #[serde(skip)]
    parts: Vec<FindingReport>,
    /// The entries of `--allow`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<Allowed>,
    /// What fits the subjects that are wrong on every message that was tried first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub guess: Vec<GuessReport>,
    /// The lengths from machine code, which the run visited too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mined: Vec<MinedReport>,
    /// To what the plan was scaled for slow subjects.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scaled: Vec<Scaled>,
    /// The lengths that a plan has not visited.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_covered: Vec<NotCovered>,
    /// The exit code, which says why the verdict is not a pass.
    #[serde(skip)]
    pub exit_code: ExitCode,
    /// The command that runs it again, if it is not one of crcheck's.
    #[serde(skip)]
    pub again: Option<String>,
    /// The selected checks, in the order in which they ran.
    #[serde(skip)]
    pub selected: Vec<CheckId>,
    /// Whether the artifact of a finding could not be written.
    #[serde(skip)]
    is_artifact_lost: bool,
    /// Whether an interrupt ended the run.
    #[serde(skip)]
    is_interrupted: bool,
}

/// The lengths that the machine code of a subject compares with.
#[derive(Clone, Debug, Serialize)]
pub struct MinedReport {
    /// The subject.
    pub subject: String,
    /// The lengths.
    #[serde(flatten)]
    pub mined: Mined,
}

impl MinedReport {
    /// The report of each subject whose code has an address.
    pub fn of(subjects: &[Box<dyn Subject>]) -> Vec<Self> {
        let report_one = |subject: &dyn Subject| {
            Some(Self {
                subject: subject.name().to_string(),
                mined: mined_lengths(subject)?,
            })
        };
        let subjects = subjects.iter().map(AsRef::as_ref);
        subjects.filter_map(report_one).collect()
    }
}

impl fmt::Display for MinedReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.subject, self.mined)
    }
}

/// What a report is made of.
pub struct Facts<'a> {
    /// The depth, or the command that ran.
    pub depth: String,
    /// The seed.
    pub seed: u64,
    /// The models of the subjects.
    pub models: Models,
    /// The result of each check of each subject.
    pub results: &'a [CheckResult],
    /// The subjects that are not available, and the saved cases that were left out.
    pub skipped: Vec<Skipped>,
    /// The files of the smallest cases.
    pub artifacts: SavedArtifacts,
    /// The rights that the processes of foreign subjects gave up, see [`sandbox`].
    pub sandbox: String,
    /// The lengths from machine code, which the run visited too.
    pub mined: Vec<MinedReport>,
    /// To what the plan was scaled for slow subjects.
    pub scaled: Vec<Scaled>,
    /// What fits the subjects that are wrong on every message that was tried first.
    pub guess: Vec<GuessReport>,
    /// Whether an interrupt ended the run.
    pub is_interrupted: bool,
    /// Whether a plan decided what was visited, and not saved cases.
    pub is_of_plan: bool,
}

impl<'a> Facts<'a> {
    /// The facts of a run of `plan`.
    pub fn of_run(plan: &Plan, models: impl Into<Models>, results: &'a [CheckResult]) -> Self {
        Self {
            seed: plan.seed,
            is_of_plan: true,
            ..Self::of_saved(plan.depth.name.to_string(), models, results)
        }
    }

    /// The facts of a command that judged saved cases.
    pub fn of_saved(
        command: impl Into<String>,
        models: impl Into<Models>,
        results: &'a [CheckResult],
    ) -> Self {
        Self {
            depth: command.into(),
            seed: 0,
            models: models.into(),
            results,
            skipped: Vec::new(),
            artifacts: SavedArtifacts::default(),
            sandbox: String::new(),
            mined: Vec::new(),
            scaled: Vec::new(),
            guess: Vec::new(),
            is_interrupted: false,
            is_of_plan: false,
        }
    }
}

/// The rights that the processes of foreign subjects give up; empty if there are none.
pub fn sandbox(subjects: &[Box<dyn Subject>]) -> String {
    let mut foreign = subjects.iter().filter_map(|subject| subject.foreign());
    foreign.next().map_or(String::new(), |one| one.sandbox())
}

/// The names of all subjects, in the order of the results.
fn subject_names(facts: &Facts<'_>) -> Vec<String> {
    let judged = facts
        .results
        .iter()
        .map(|result| result.subject.to_string());
    let guessed = facts.guess.iter().map(|guess| guess.subject.clone());
    let mut names: Vec<String> = judged.chain(guessed).collect();
    names.dedup();
    names
}

impl Report {
    /// Makes the report, with its verdict.
    pub fn new(facts: Facts<'_>) -> Self {
        let subjects = subject_names(&facts);
        let interpreted = InterpretedReport::of(facts.results);
        let mut skipped = facts.skipped;
        let mut checks = Vec::new();
        let mut parts = Vec::new();
        let mut selected: Vec<CheckId> = Vec::new();
        for result in facts.results {
            if !selected.contains(&result.check) {
                selected.push(result.check);
            }
            match &result.ending {
                Ending::Skipped(skip) => skipped.push(Skipped::of_check(result, None, skip)),
                // The check was selected, and the run does not pass without it.
                Ending::Prevented(reason) => skipped.push(Skipped {
                    required: true,
                    ..Skipped::of_check(result, None, &Skip::here(reason))
                }),
                _ => checks.push(CheckReport {
                    model: own_model(&facts.models, &result.subject),
                    ..report_check(result)
                }),
            }
            let left_out = result.left_out.iter();
            let skips = left_out.map(|(what, skip)| Skipped::of_check(result, Some(what), skip));
            skipped.extend(skips);
            for group in &result.groups {
                let mut part = part_of(&facts.artifacts, &facts.models, result.check, group);
                facts.guess.iter().for_each(|one| one.explain(&mut part));
                parts.push(part);
            }
        }
        interpreted.iter().for_each(|one| one.explain(&mut parts));
        let not_covered = if facts.is_of_plan {
            NotCovered::of(facts.results)
        } else {
            Vec::new()
        };
        let mut report = Self {
            schema: SCHEMA,
            verdict: Verdict::Void,
            subject: subjects.join(","),
            model: facts.models.label(),
            seed: format!("{:#x}", facts.seed),
            depth: facts.depth,
            environment: Environment {
                sandbox: facts.sandbox,
                ..Environment::of_this_process()
            },
            run: None,
            code: Hashed::of_subjects(facts.results.iter().map(|result| &result.subject)),
            checks,
            interpreted,
            tiers: tiers_run(facts.results, &skipped),
            skipped,
            findings: joint_finding::join(&parts),
            parts,
            allowed: Vec::new(),
            guess: facts.guess,
            mined: facts.mined,
            scaled: facts.scaled,
            not_covered,
            exit_code: ExitCode::Nothing,
            again: None,
            selected,
            is_artifact_lost: facts.artifacts.has_failed,
            is_interrupted: facts.is_interrupted,
        };
        report.conclude();
        report
    }
}

/// What a check met of one cause.
fn part_of(
    artifacts: &SavedArtifacts,
    models: &Models,
    check: CheckId,
    group: &Group,
) -> FindingReport {
    let finding = &group.finding;
    let artifact = artifacts.paths.get(&finding.id());
    FindingReport {
        model: own_model(models, &finding.subject),
        ..report_finding(group, check, artifact, models.of(&finding.subject))
    }
}

impl Report {
    /// The report with the covered findings accepted. Each entry has its reason, and the first
    /// entry that covers a finding counts.
    #[must_use]
    pub fn accepting(mut self, allows: &[(Allow, String)]) -> Self {
        self.allowed = allows
            .iter()
            .map(|(allow, because)| Allowed {
                allow: allow.to_string(),
                because: visible(because),
                findings: 0,
            })
            .collect();
        let mut counted = BTreeSet::new();
        for part in &mut self.parts {
            let covering = allows
                .iter()
                .position(|(allow, _)| allow.covers(part.kind, &part.subject));
            if let Some(index) = covering {
                part.accepted = Some(visible(&allows[index].1));
                self.allowed[index].findings += usize::from(counted.insert(&part.id));
            }
        }
        self.findings = joint_finding::join(&self.parts);
        for check in &mut self.checks {
            let of_check = || findings_of(&self.findings, check);
            let is_accepted = of_check().all(|finding| finding.accepted.is_some());
            if check.verdict == Verdict::Fail && is_accepted {
                let accepted = count_in_words(of_check().count(), "finding");
                (check.verdict, check.reason) = check.without_findings.clone();
                let reason = check.reason.take().map(|reason| format!("{reason}; "));
                check.reason = Some(format!("{}{accepted} accepted", reason.unwrap_or_default()));
                // The check found something, so a bound on missing it says nothing.
                check.bound = None;
            }
        }
        self.conclude();
        self
    }

    /// The report if an instruction whose semantics nothing confirms keeps the run from passing.
    #[must_use]
    pub fn requiring_confirmed(mut self) -> Self {
        for one in &self.interpreted {
            let unconfirmed: Vec<&str> =
                one.account.unconfirmed.iter().map(String::as_str).collect();
            if !unconfirmed.is_empty() {
                let reason = format!(
                    "neither this CPU nor a recording has them: {}; run `crcheck machine check`",
                    unconfirmed.join(" ")
                );
                let what = format!("confirmed semantics of {}", one.subject);
                self.skipped.push(Skipped::new(what, reason, true));
            }
        }
        self.conclude();
        self
    }

    /// The CPU that a subject was interpreted on, if it was.
    pub fn interpreted_on(&self, subject: &SubjectName) -> Option<String> {
        let name = subject.to_string();
        let mut interpreted = self.interpreted.iter();
        let found = interpreted.find(|one| one.subject == name);
        found.map(|one| one.account.cpu.clone())
    }

    /// The report with the facts of its run.
    #[must_use]
    pub fn of_run(mut self, run: RunFacts) -> Self {
        self.run = Some(run);
        self
    }

    /// The report with the command that runs it again.
    #[must_use]
    pub fn again_by(mut self, command: impl Into<String>) -> Self {
        self.again = Some(command.into());
        self
    }

    /// Draws the verdict. A lost artifact and an interrupt change the exit code only.
    fn conclude(&mut self) {
        let hangs = self.open_findings().filter(|one| one.kind == Kind::Hang);
        let hanging: BTreeSet<String> = hangs.map(|one| one.subject.clone()).collect();
        for check in &mut self.checks {
            check.is_cut_by_hang = check.has_ended_at_hang() && hanging.contains(&check.subject);
        }
        let mut code = match self.has_other_interface() {
            true => ExitCode::Usage,
            false => exit_code(&self.checks, &self.skipped, &self.findings),
        };
        self.verdict = code.verdict();
        if self.is_artifact_lost {
            code = code.and(ExitCode::Io);
        }
        if self.is_interrupted && !self.has_result() {
            code = ExitCode::Interrupted;
        }
        self.exit_code = code;
    }

    /// Whether nothing was judged because a subject has another interface than the stated one.
    pub fn has_other_interface(&self) -> bool {
        self.checks.is_empty() && self.guess.iter().any(|guess| guess.options.is_some())
    }

    /// Whether a check has ended, or has found something.
    fn has_result(&self) -> bool {
        let is_complete = |check: &CheckReport| check.without_findings.0 == Verdict::Pass;
        !self.findings.is_empty() || self.checks.iter().any(is_complete)
    }

    /// The model of a subject; all models for what is no subject.
    pub(crate) fn model_of(&self, subject: &str) -> &str {
        let of_checks = self.checks.iter().filter(|check| check.subject == subject);
        let own = of_checks.filter_map(|check| check.model.as_deref()).next();
        own.unwrap_or(&self.model)
    }

    /// The findings that are not accepted.
    pub fn open_findings(&self) -> impl Iterator<Item = &FindingReport> {
        let findings = self.findings.iter();
        findings.filter(|finding| finding.accepted.is_none())
    }

    /// The findings that are accepted.
    pub fn accepted(&self) -> impl Iterator<Item = &FindingReport> {
        let findings = self.findings.iter();
        findings.filter(|finding| finding.accepted.is_some())
    }
}

/// The model of a subject, if the subjects have different ones.
fn own_model(models: &Models, subject: &SubjectName) -> Option<String> {
    models.differ().then(|| models.of(subject).label())
}

/// The tiers among the subjects, by whether a check judged them.
fn tiers_run(results: &[CheckResult], skipped: &[Skipped]) -> TiersRun {
    let is_judged = |result: &&CheckResult| match result.ending {
        Ending::Complete | Ending::Thinned(_) => true,
        Ending::Stopped(_) => result.calls > 0,
        Ending::Skipped(_) | Ending::Prevented(_) | Ending::NotEntered => !result.groups.is_empty(),
    };
    let names = results.iter().map(|result| result.subject.clone());
    let judged = results.iter().filter(is_judged);
    let judged: Vec<SubjectName> = judged.map(|result| result.subject.clone()).collect();
    let missing = skipped.iter();
    let missing = missing.filter(|skipped| skipped.applies && skipped.check.is_none());
    let missing = missing.map(|skipped| SubjectName::parse(&skipped.what));
    TiersRun::new(&judged, &names.chain(missing).collect::<Vec<_>>())
}

/// What several formats show, as lines of a table.
impl Report {
    pub(crate) fn check_lines(&self) -> Vec<Vec<String>> {
        let head = [
            "subject", "check", "verdict", "cells", "calls", "time", "remarks",
        ];
        let head = head.map(str::to_owned).to_vec();
        let rows = self.checks.iter().map(|check| {
            let software = check.is_of_software().then(|| SOFTWARE.to_owned());
            let remarks = software.into_iter().chain(check.model.clone());
            let remarks: Vec<String> = remarks.chain(check.remarks()).collect();
            vec![
                check.subject.clone(),
                check.id.to_string(),
                check.verdict.to_string(),
                check.cells.to_string(),
                check.calls.to_string(),
                duration_in_words(check.seconds),
                remarks.join("; "),
            ]
        });
        [head].into_iter().chain(rows).collect()
    }

    pub(crate) fn skipped_lines(&self) -> Vec<Vec<String>> {
        let head = vec!["what".to_owned(), "reason".to_owned()];
        let rows = self.skipped.iter().map(|skipped| {
            let required = if skipped.required { " (required)" } else { "" };
            vec![
                skipped.what.clone(),
                format!("{}{required}", skipped.reason),
            ]
        });
        [head].into_iter().chain(rows).collect()
    }

    pub(crate) fn environment_lines(&self) -> Vec<(&'static str, String)> {
        let environment = &self.environment;
        let sanitizer = if environment.address_sanitizer {
            "on"
        } else {
            "off"
        };
        let mut lines = vec![
            ("crcheck", environment.crcheck.to_owned()),
            ("CPU", format!("{} ({})", environment.cpu, environment.arch)),
            ("features", environment.features.join(" ")),
            ("tier chosen", environment.tier.to_owned()),
            ("AddressSanitizer", sanitizer.to_owned()),
            ("model", self.model.clone()),
            ("seed", self.seed.clone()),
            ("depth", self.depth.clone()),
        ];
        if !environment.sandbox.is_empty() {
            lines.push(("sandbox of the subject", environment.sandbox.clone()));
        }
        let mined = self.mined.iter().map(MinedReport::to_string);
        lines.extend(mined.map(|mined| ("lengths from the code", mined)));
        let interpreted = self.interpreted.iter();
        lines.extend(interpreted.map(|one| {
            let facts = one.facts().join("; ");
            (
                "interpreted, not hardware",
                format!("{}: {facts}", one.subject),
            )
        }));
        let open = self.not_covered.iter().map(NotCovered::to_string);
        lines.extend(open.map(|open| ("not covered", open)));
        lines
    }
}

pub(crate) fn exit_code(
    checks: &[CheckReport],
    skipped: &[Skipped],
    findings: &[FindingReport],
) -> ExitCode {
    if findings.iter().any(|finding| finding.accepted.is_none()) {
        return ExitCode::Found;
    }
    let nothing = if checks.is_empty() {
        ExitCode::Nothing
    } else {
        ExitCode::Passed
    };
    let required = skipped.iter().any(|skipped| skipped.required);
    let unavailable = if required {
        ExitCode::Unavailable
    } else {
        ExitCode::Passed
    };
    let of_checks = checks.iter().map(|check| match check.verdict {
        Verdict::Pass => ExitCode::Passed,
        Verdict::Fail => ExitCode::Found,
        Verdict::Incomplete => ExitCode::Incomplete,
        // The check has not judged code that it did not enter.
        Verdict::Void => ExitCode::Nothing,
    });
    of_checks.fold(nothing.and(unavailable), ExitCode::and)
}
