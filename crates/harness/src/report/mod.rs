//! Reports: one set of facts, several forms.

mod human;
mod json;
mod junit;

pub use human::{finding_text, human};
pub use json::{json, jsonl_finding};
pub use junit::junit;

use crate::check::CheckId;
use crate::diagnose::Diagnosis;
use crate::environment::Environment;
use crate::finding::Finding;
use crate::illegal::Illegal;
use crate::run::{CheckResult, Ending, Group};
use crate::verdict::{ExitCode, Verdict};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The version of the JSON form.
pub const SCHEMA: &str = "crcheck/report/1";

/// A form of report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Human,
    /// One JSON object.
    Json,
    /// A JSON object a line: findings as they come, the report last.
    Jsonl,
    /// For CI: a test case for each check of each subject.
    Junit,
}

impl Format {
    /// Every form.
    pub const ALL: [Self; 4] = [Self::Human, Self::Json, Self::Jsonl, Self::Junit];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Junit => "junit",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|format| format.name() == name);
        found.ok_or_else(|| format!("no format is called `{name}`"))
    }
}

/// What was not run, and why.
#[derive(Clone, Debug, Serialize)]
pub struct Skipped {
    /// A subject, or a check of a subject.
    pub what: String,
    /// The reason.
    pub reason: String,
    /// Whether it was required: then its absence is no pass.
    pub required: bool,
}

/// All that a run came to.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The verdict.
    pub verdict: Verdict,
    /// The subjects, by name.
    pub subject: String,
    /// The model that they claim to compute.
    pub model: String,
    /// The seed, as it is given on the command line.
    pub seed: String,
    /// The depth, or the command that ran.
    pub depth: String,
    /// Where it ran.
    pub environment: Environment,
    /// Each check of each subject.
    pub checks: Vec<CheckReport>,
    /// What was not run.
    pub skipped: Vec<Skipped>,
    /// What is wrong.
    pub findings: Vec<FindingReport>,
    /// Why the verdict is no pass, where no finding says so.
    #[serde(skip)]
    pub exit_code: ExitCode,
}

/// One check of one subject.
#[derive(Clone, Debug, Serialize)]
pub struct CheckReport {
    /// The check.
    pub id: &'static str,
    /// The subject.
    pub subject: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Cells visited.
    pub cells: u64,
    /// Calls made on them.
    pub calls: u64,
    /// What the number of messages in a cell is worth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound: Option<Bound>,
    /// Why there is no pass, where no finding says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// How unlikely a fault is to have been missed in a cell.
#[derive(Clone, Debug, Serialize)]
pub struct Bound {
    /// The probability is at most 2 to this.
    pub log2: i64,
    /// The cells that it holds for.
    pub per: String,
    /// What it rests on.
    pub assumption: &'static str,
}

/// A fault.
#[derive(Clone, Debug, Serialize)]
pub struct FindingReport {
    /// The same for the same fault in every run.
    pub id: String,
    /// The check.
    pub check: &'static str,
    /// The kind.
    pub kind: &'static str,
    /// The subject.
    pub subject: String,
    /// How many cases showed it.
    pub count: u64,
    /// The smallest case found.
    pub cell: CellReport,
    /// What the oracles say.
    pub expected: Option<String>,
    /// What the subject gave.
    pub got: Option<String>,
    /// How far outside the message it reached.
    pub distance_bytes: Option<i64>,
    /// The instruction that faulted.
    pub instruction: Option<String>,
    /// Of an illegal instruction, what is known of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub illegal: Option<Illegal>,
    /// What is known of it.
    pub diagnosis: Diagnosis,
    /// The smallest case on disk.
    pub artifact: Option<String>,
    /// The command that shows it again.
    #[serde(skip)]
    pub footer: Option<Footer>,
}

/// The cell of a finding.
#[derive(Clone, Debug, Serialize)]
pub struct CellReport {
    /// The length of the message in bytes.
    pub length: usize,
    /// The start modulo 64.
    pub alignment: usize,
    /// The flush side.
    pub guard: &'static str,
    /// The register before it.
    pub register: String,
    /// Where it was cut.
    pub splits: Vec<usize>,
}

/// The last lines of a failure: the case on disk, and what to do with it.
#[derive(Clone, Debug)]
pub struct Footer {
    /// The artifact, or the input of a fuzz target.
    pub artifact: PathBuf,
    /// The subject as options; empty if it is not known. Said in every line, since not every file names
    /// its subject.
    pub subject: String,
}

impl fmt::Display for Footer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.artifact.display();
        let on = match self.subject.as_str() {
            "" => String::new(),
            subject => format!(" {subject}"),
        };
        writeln!(f, "Artifact:       {path}")?;
        writeln!(f, "Reproduce with: crcheck replay {path}{on}")?;
        writeln!(f, "Minimize with:  crcheck minimize {path}{on}")?;
        write!(f, "Diagnose with:  crcheck diagnose {path}{on}")
    }
}

/// A subject's name as options of the command line.
pub fn subject_options(name: &str) -> String {
    match name.split_once(':') {
        Some(("fault" | "good", _)) => format!("--fault {}", name.trim_start_matches("fault:")),
        Some(("tier", tier)) => format!("--tier {tier}"),
        _ => name.to_owned(),
    }
}

/// What a report is made of.
pub struct Facts<'a> {
    /// The depth, or the command that ran.
    pub depth: String,
    /// The seed.
    pub seed: u64,
    /// The model's name.
    pub model: String,
    /// What every check of every subject came to.
    pub results: &'a [CheckResult],
    /// Subjects that could not be had.
    pub skipped: Vec<Skipped>,
    /// Where the smallest cases were written, by [`finding_id`].
    pub artifacts: &'a BTreeMap<String, PathBuf>,
    /// The longest length that was visited at every alignment.
    pub length_max: usize,
}

/// The stable id of a fault: what was wrong with whom, whatever case showed it.
pub fn finding_id(finding: &Finding) -> String {
    format!("{}/{}/{}", finding.subject, finding.check, finding.kind)
}

impl Report {
    /// Puts the facts together and draws the verdict.
    pub fn new(facts: Facts<'_>) -> Self {
        let mut skipped = facts.skipped;
        let mut checks = Vec::new();
        let mut findings = Vec::new();
        for result in facts.results {
            if let Ending::Skipped(reason) = &result.ending {
                let what = format!("{}/{}", result.subject, result.check);
                skipped.push(Skipped {
                    what,
                    reason: reason.clone(),
                    required: false,
                });
            } else {
                checks.push(check_report(result, facts.length_max));
            }
            for group in &result.groups {
                let artifact = facts.artifacts.get(&finding_id(&group.finding));
                add(&mut findings, finding_report(group, artifact));
            }
        }
        let exit_code = exit_code(&checks, &skipped, &findings);
        let mut subjects: Vec<&str> = facts
            .results
            .iter()
            .map(|result| result.subject.as_str())
            .collect();
        subjects.dedup();
        Self {
            schema: SCHEMA,
            verdict: exit_code.verdict(),
            subject: subjects.join(","),
            model: facts.model,
            seed: format!("{:#x}", facts.seed),
            depth: facts.depth,
            environment: Environment::here(),
            checks,
            skipped,
            findings,
            exit_code,
        }
    }
}

/// One cause is one finding, whichever checks met it; its smallest case stands for it.
fn add(findings: &mut Vec<FindingReport>, finding: FindingReport) {
    let Some(known) = findings.iter_mut().find(|known| known.id == finding.id) else {
        findings.push(finding);
        return;
    };
    let count = known.count + finding.count;
    if finding.cell.length < known.cell.length {
        *known = finding;
    }
    known.count = count;
}

fn exit_code(checks: &[CheckReport], skipped: &[Skipped], findings: &[FindingReport]) -> ExitCode {
    if !findings.is_empty() {
        return ExitCode::Fault;
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
        Verdict::Fail => ExitCode::Fault,
        Verdict::Incomplete => ExitCode::Incomplete,
        // Code that was never entered has not been judged.
        Verdict::Void => ExitCode::Nothing,
    });
    of_checks.fold(nothing.and(unavailable), ExitCode::and)
}

fn check_report(result: &CheckResult, length_max: usize) -> CheckReport {
    let (verdict, reason) = match &result.ending {
        _ if !result.groups.is_empty() => (Verdict::Fail, None),
        Ending::Complete => (Verdict::Pass, None),
        Ending::Stopped => (
            Verdict::Incomplete,
            Some("stopped before the end".to_owned()),
        ),
        Ending::Skipped(reason) => (Verdict::Void, Some(reason.clone())),
        Ending::NotEntered => (
            Verdict::Void,
            Some("the code under test was never entered".to_owned()),
        ),
    };
    let bound = result.bound_messages.map(|messages| Bound {
        log2: -(messages as i64),
        per: format!("(length 0..={length_max}, alignment) cell"),
        assumption: "the subject's difference from the oracles is affine in the message",
    });
    CheckReport {
        id: result.check.name(),
        subject: result.subject.clone(),
        verdict,
        cells: result.cells,
        calls: result.calls,
        bound: bound.filter(|_| result.check == CheckId::Agree),
        reason,
    }
}

fn finding_report(group: &Group, artifact: Option<&PathBuf>) -> FindingReport {
    let finding = &group.finding;
    let case = &finding.case;
    let hex = |value: u64| format!("{value:#010x}");
    FindingReport {
        id: finding_id(finding),
        check: finding.check.name(),
        kind: finding.kind.name(),
        subject: finding.subject.clone(),
        count: group.count,
        cell: CellReport {
            length: case.message.len(),
            alignment: case.alignment(),
            guard: case.placement.guard.name(),
            register: hex(case.register),
            splits: case.splits.clone(),
        },
        expected: finding.expected.map(hex),
        got: finding.got.map(hex),
        distance_bytes: finding.distance_bytes,
        instruction: finding.instruction.clone(),
        illegal: finding.illegal.as_deref().cloned(),
        diagnosis: group
            .diagnosis
            .clone()
            .unwrap_or_else(|| Diagnosis::observed(&finding.summary)),
        artifact: artifact.map(|path| path.display().to_string()),
        footer: artifact.map(|path| footer(finding, path)),
    }
}

/// One finding as text, outside of a report.
pub fn found(finding: &Finding, artifact: Option<&Path>) -> String {
    let artifact = artifact.map(Path::to_owned);
    finding_text(&finding_report(
        &Group::of_one(finding.clone()),
        artifact.as_ref(),
    ))
}

/// The four lines of a finding whose case is on disk.
pub fn footer(finding: &Finding, artifact: &Path) -> Footer {
    Footer {
        artifact: artifact.to_owned(),
        subject: subject_options(&finding.subject),
    }
}
