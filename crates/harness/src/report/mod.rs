//! Reports: one set of facts, several forms.

mod allow;
mod excerpt;
mod github;
mod html;
mod human;
mod json;
mod junit;
mod markdown;

pub use allow::{Allow, Allowed};
pub use excerpt::Excerpt;
pub use github::{Annotation, annotations, github};
pub use html::html;
pub use human::{brief, finding_text, human};
pub use json::{json, jsonl_finding};
pub use junit::junit;
pub use markdown::{markdown, plain as markdown_text, table as markdown_table};

use crate::check::CheckId;
use crate::diagnose::Diagnosis;
use crate::environment::Environment;
use crate::finding::Finding;
use crate::illegal::Illegal;
use crate::map::Runs;
use crate::mine::Mined;
use crate::run::{CheckResult, Ending, Group, Worth};
use crate::subject::Subject;
use crate::subject::library::LibrarySpec;
use crate::verdict::{ExitCode, Verdict};
use crcheck_oracle::model::Model;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

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
    /// For people, where Markdown is shown: summaries of jobs, issues.
    Markdown,
    /// For people: one page without network, with a map of what was visited.
    Html,
    /// For the workflows of GitHub: an annotation for each fault.
    Github,
}

impl Format {
    /// Every form.
    pub const ALL: [Self; 7] = [
        Self::Human,
        Self::Json,
        Self::Jsonl,
        Self::Junit,
        Self::Markdown,
        Self::Html,
        Self::Github,
    ];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Junit => "junit",
            Self::Markdown => "markdown",
            Self::Html => "html",
            Self::Github => "github",
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
        let known = Self::ALL.map(Self::name).join(", ");
        found.ok_or_else(|| format!("no format is called `{name}`; the formats are {known}"))
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
    /// What was allowed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<Allowed>,
    /// The lengths that were read from machine code, and visited besides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mined: Vec<MinedReport>,
    /// Why the verdict is no pass, where no finding says so.
    #[serde(skip)]
    pub exit_code: ExitCode,
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
    /// Of each subject whose code has an address.
    pub fn of(subjects: &[Box<dyn Subject>]) -> Vec<Self> {
        let named = |subject: &dyn Subject| {
            Some(Self {
                subject: subject.name(),
                mined: subject.mined()?,
            })
        };
        let subjects = subjects.iter().map(AsRef::as_ref);
        subjects.filter_map(named).collect()
    }
}

impl fmt::Display for MinedReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.subject, self.mined)
    }
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
    /// What it is worth that nothing was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound: Option<Bound>,
    /// The stack that calls used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack: Option<StackReport>,
    /// Why there is no pass, where no finding says so, or why there is one in spite of findings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The ids of its findings.
    #[serde(skip)]
    pub findings: Vec<String>,
    /// The verdict and its reason if all of them are accepted.
    #[serde(skip)]
    pub without_faults: (Verdict, Option<String>),
    /// Where it was, and where it found something.
    #[serde(skip)]
    pub map: Arc<Runs>,
}

/// How unlikely a fault is to have been missed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bound {
    /// The probability is at most 2 to this; `None`: none can have been missed.
    pub log2: Option<i64>,
    /// What it holds for: the cells, or the fault.
    pub per: String,
    /// What it rests on.
    pub assumption: String,
}

impl Bound {
    /// The confidence that the bound of random trials is stated at.
    const CONFIDENCE_LOG2: i64 = 40;

    fn new(worth: Worth, length_max: usize) -> Self {
        match worth {
            Worth::Messages(messages) => Self {
                log2: Some(-(messages as i64)),
                per: format!("(length 0..={length_max}, alignment) cell"),
                assumption: "the subject's difference from the oracles is affine in the message"
                    .to_owned(),
            },
            Worth::Trials(trials) => {
                // (1 - e)^N <= exp(-e N), which is 2^-40 at e = 40 ln 2 / N.
                let confidence = Self::CONFIDENCE_LOG2 as f64;
                let share = (confidence * std::f64::consts::LN_2 / trials.max(1) as f64).min(1.0);
                Self {
                    log2: Some(-Self::CONFIDENCE_LOG2),
                    per: format!(
                        "subject that differs from every affine function on more than 2^{:.1} of its \
                         inputs, in the mean over cells",
                        share.log2()
                    ),
                    assumption: "cells, registers and messages are drawn at random".to_owned(),
                }
            }
            Worth::Basis(depth) => Self {
                log2: None,
                per: format!(
                    "cell of length 0..={} at {} alignments, or every 61st to {} at one",
                    depth.dense_to, depth.alignments, depth.sparse_to
                ),
                assumption: "the subject is affine in register and message".to_owned(),
            },
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.log2 {
            Some(log2) => write!(f, "missed with p <= 2^{log2} per {}", self.per),
            None => write!(f, "nothing missed per {}", self.per),
        }
    }
}

/// The stack that calls used, by the length of the message.
#[derive(Clone, Debug, Serialize)]
pub struct StackReport {
    /// The most, in bytes.
    pub max_bytes: usize,
    /// The shortest length at which it was used.
    pub at_length: usize,
    /// What was used at the lengths that were measured, those with the same use together.
    pub lengths: Vec<StackRange>,
}

/// Lengths at which calls used the same stack.
#[derive(Clone, Debug, Serialize)]
pub struct StackRange {
    /// The first length that was measured.
    pub from: usize,
    /// The last.
    pub to: usize,
    /// The stack in bytes.
    pub bytes: usize,
}

impl fmt::Display for StackReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bytes, length) = (self.max_bytes, self.at_length);
        write!(f, "stack to {bytes} bytes (at length {length})")
    }
}

impl StackReport {
    fn new(used: &BTreeMap<usize, usize>) -> Option<Self> {
        let mut lengths: Vec<StackRange> = Vec::new();
        for (&length, &bytes) in used {
            match lengths.last_mut() {
                Some(range) if range.bytes == bytes => range.to = length,
                _ => lengths.push(StackRange {
                    from: length,
                    to: length,
                    bytes,
                }),
            }
        }
        let max_bytes = lengths.iter().map(|range| range.bytes).max()?;
        let first = lengths.iter().find(|range| range.bytes == max_bytes)?;
        Some(Self {
            max_bytes,
            at_length: first.from,
            lengths,
        })
    }
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
    /// Why it is accepted, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted: Option<String>,
    /// The message of the smallest case.
    #[serde(skip)]
    pub message: Excerpt,
    /// The command that shows it again.
    #[serde(skip)]
    pub footer: Option<Footer>,
}

/// The cell of a finding.
#[derive(Clone, Debug, Serialize)]
pub struct CellReport {
    /// The length of the message in bytes.
    pub length: u64,
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
        Some(("lib", library)) => match library.parse::<LibrarySpec>() {
            Ok(spec) => quoted(&spec.options()),
            Err(_) => name.to_owned(),
        },
        Some(("cmd", line)) => quoted(&["--cmd".to_owned(), line.to_owned()]),
        _ => name.to_owned(),
    }
}

/// Words as a shell wants them.
fn quoted(words: &[String]) -> String {
    let words = words.iter().map(String::as_str);
    // A word with a zero byte is none that came from a command line.
    shlex::try_join(words).unwrap_or_default()
}

/// The model as an option, if it is not the usual one.
fn model_option(model: &Model) -> String {
    if *model == Model::CRC_32_ISO_HDLC {
        String::new()
    } else {
        format!(" {}", quoted(&["--model".to_owned(), model.label()]))
    }
}

/// What a report is made of.
pub struct Facts<'a> {
    /// The depth, or the command that ran.
    pub depth: String,
    /// The seed.
    pub seed: u64,
    /// The model.
    pub model: Model,
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
            skipped.extend(result.left_out.iter().map(|(what, reason)| Skipped {
                what: format!("{}/{}: {what}", result.subject, result.check),
                reason: reason.clone(),
                required: false,
            }));
            for group in &result.groups {
                let artifact = facts.artifacts.get(&finding_id(&group.finding));
                add(&mut findings, finding_report(group, artifact, &facts.model));
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
            model: facts.model.label(),
            seed: format!("{:#x}", facts.seed),
            depth: facts.depth,
            environment: Environment::here(),
            checks,
            skipped,
            findings,
            allowed: Vec::new(),
            mined: Vec::new(),
            exit_code,
        }
    }
}

/// What is shown by more than one form, as lines of a table.
impl Report {
    fn check_lines(&self) -> Vec<Vec<String>> {
        let head = ["subject", "check", "verdict", "cells", "calls", "remarks"];
        let head = head.map(str::to_owned).to_vec();
        let rows = self.checks.iter().map(|check| {
            let bound = check.bound.as_ref().map(Bound::to_string);
            let stack = check.stack.as_ref().map(StackReport::to_string);
            let remarks = bound.into_iter().chain(stack).chain(check.reason.clone());
            let remarks: Vec<String> = remarks.collect();
            vec![
                check.subject.clone(),
                check.id.to_owned(),
                check.verdict.to_string(),
                check.cells.to_string(),
                check.calls.to_string(),
                remarks.join("; "),
            ]
        });
        [head].into_iter().chain(rows).collect()
    }

    fn skipped_lines(&self) -> Vec<Vec<String>> {
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

    fn environment_lines(&self) -> Vec<(&'static str, String)> {
        let here = &self.environment;
        let sanitizer = if here.address_sanitizer { "on" } else { "off" };
        let mut lines = vec![
            ("crcheck", here.crcheck.to_owned()),
            ("CPU", format!("{} ({})", here.cpu, here.arch)),
            ("features", here.features.join(" ")),
            ("tier chosen", here.tier.to_owned()),
            ("AddressSanitizer", sanitizer.to_owned()),
            ("model", self.model.clone()),
            ("seed", self.seed.clone()),
            ("depth", self.depth.clone()),
        ];
        if !here.sandbox.is_empty() {
            lines.push(("sandbox of the subject", here.sandbox.clone()));
        }
        let mined = self.mined.iter().map(MinedReport::to_string);
        lines.extend(mined.map(|mined| ("lengths from the code", mined)));
        lines
    }
}

/// One cause is one finding, whichever checks met it; its smallest case stands for it.
fn add(findings: &mut Vec<FindingReport>, finding: FindingReport) {
    let Some(known) = findings.iter_mut().find(|known| known.id == finding.id) else {
        findings.push(finding);
        return;
    };
    let count = known.count + finding.count;
    // Of the same case more is known by who has met it at more lengths.
    let rank = |of: &FindingReport| (of.cell.length, std::cmp::Reverse(of.count));
    if rank(&finding) < rank(known) {
        *known = finding;
    }
    known.count = count;
}

fn exit_code(checks: &[CheckReport], skipped: &[Skipped], findings: &[FindingReport]) -> ExitCode {
    if findings.iter().any(|finding| finding.accepted.is_none()) {
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
    let without_faults = match &result.ending {
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
    let (verdict, reason) = if result.groups.is_empty() {
        without_faults.clone()
    } else {
        // What it would have found after that is not known.
        let is_stopped = result.ending == Ending::Stopped;
        let reason = without_faults.1.clone().filter(|_| is_stopped);
        (Verdict::Fail, reason)
    };
    let bound = result.bound.map(|worth| Bound::new(worth, length_max));
    CheckReport {
        id: result.check.name(),
        subject: result.subject.clone(),
        verdict,
        cells: result.cells,
        calls: result.calls,
        bound: bound.filter(|_| verdict == Verdict::Pass || result.check == CheckId::Agree),
        stack: StackReport::new(&result.stack),
        reason,
        findings: result
            .groups
            .iter()
            .map(|group| finding_id(&group.finding))
            .collect(),
        without_faults,
        map: Arc::clone(&result.map),
    }
}

fn finding_report(group: &Group, artifact: Option<&PathBuf>, model: &Model) -> FindingReport {
    let finding = &group.finding;
    let case = &finding.case;
    let digits = 2 + usize::from(model.width).div_ceil(4);
    let hex = |value: u64| format!("{value:#0digits$x}");
    let footer = |path| footer(finding, path, model);
    FindingReport {
        id: finding_id(finding),
        check: finding.check.name(),
        kind: finding.kind.name(),
        subject: finding.subject.clone(),
        count: group.count,
        cell: CellReport {
            length: finding.len_bytes(),
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
        accepted: None,
        message: Excerpt::of(&case.message),
        footer: artifact.map(|path| footer(path)),
    }
}

/// One finding as text, outside of a report.
pub fn found(finding: &Finding, artifact: Option<&Path>, model: &Model) -> String {
    let artifact = artifact.map(Path::to_owned);
    finding_text(&finding_report(
        &Group::of_one(finding.clone()),
        artifact.as_ref(),
        model,
    ))
}

/// The four lines of a finding whose case is on disk.
pub fn footer(finding: &Finding, artifact: &Path, model: &Model) -> Footer {
    Footer {
        artifact: artifact.to_owned(),
        subject: subject_options(&finding.subject) + &model_option(model),
    }
}
