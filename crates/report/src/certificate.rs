//! Certificates. A certificate lists what was covered of one subject, what that proves, and what it
//! rests on, so that anybody can repeat it.

use crate::bound::Bound;
use crate::check_report::CheckReport;
use crate::count::count_in_words;
use crate::environment::Environment;
use crate::hashed::PROGRAM;
use crate::report::Report;
use crate::skipped::Skipped;
use crate::verdict::Verdict;
use crate::visible::visible;
use crcheck_check::checks::CheckSet;
use crcheck_check::coverage::visited::Visited;
use crcheck_check::depth::{Depth, DepthName};
use crcheck_check::plan::Plan;
use crcheck_subject::{ExecutedBy, SOFTWARE, Subject, SubjectName};
use serde::Serialize;
use std::io;
use std::path::{Path, PathBuf};

pub use crate::hashed::Hashed;

/// The version of the JSON form, whose schema is `schemas/certificate.schema.json`.
pub const SCHEMA: &str = "crcheck/certificate/1";

/// The plan of a certificate: it has those of `checks` that have a sentence on what they cover.
pub fn plan(checks: CheckSet, seed: u64, max_stack_bytes: Option<usize>) -> Plan {
    Plan {
        depth: Depth::of(DepthName::Certify),
        is_scaled: true,
        checks: checks.filter(|check| checks.contains(check.id) && check.coverage.is_some()),
        seed,
        max_stack_bytes,
    }
}

/// A certificate. It holds nothing that changes when somebody repeats it: no time, no duration.
#[derive(Clone, Debug, Serialize)]
pub struct Certificate {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// Always `pass`: no other run makes a certificate.
    pub verdict: Verdict,
    /// The subject that it is about.
    pub subject: Certified,
    /// This program, which judged the subject.
    pub program: Hashed,
    /// The model that the subject computes.
    pub model: String,
    /// The seed of everything random, as the command line takes it.
    pub seed: String,
    /// The most stack that a call might use, in bytes; `None` if no check judged that.
    pub max_stack_bytes: Option<usize>,
    /// Where the run took place.
    pub environment: Environment,
    /// What was covered.
    pub covered: Vec<Covered>,
    /// What was not covered, and why.
    pub not_covered: Vec<Skipped>,
    /// What the certificate rests on.
    pub assumptions: Vec<String>,
}

/// The subject of a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Certified {
    pub name: String,
    /// The file that holds its code.
    pub code: Hashed,
    /// What executed it.
    pub executed_by: ExecutedBy,
    /// The CPU that it was interpreted on, by its name for `--interpret`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interpreted_on: Option<String>,
}

/// The file of a subject's code while a run judges it.
#[derive(Debug)]
pub struct CodeFile {
    file: Option<PathBuf>,
    before: io::Result<Hashed>,
}

impl CodeFile {
    /// Hashes the file, before anybody loads it; `None` stands for this program.
    pub fn hash(file: Option<PathBuf>) -> Self {
        let before = Hashed::of(file.as_deref());
        Self { file, before }
    }

    /// The hash, if the file still has it.
    ///
    /// # Errors
    /// How the file has changed, in words: what was judged is then unknown.
    pub fn unchanged(self) -> Result<Hashed, String> {
        let shown = self.file.as_deref().unwrap_or(Path::new(PROGRAM)).display();
        let unread = |error| format!("cannot read {shown}, so the run is void: {error}");
        let before = self.before.map_err(unread)?;
        let after = Hashed::of(self.file.as_deref()).map_err(unread)?;
        if before == after {
            return Ok(after);
        }
        Err(format!(
            "{shown} changed during the run, so the run is void: its sha256 was {} before, and is \
             {} after; run again while nobody replaces it",
            before.sha256, after.sha256
        ))
    }
}

/// A check that passed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Covered {
    /// The check's id.
    pub check: String,
    /// What it visited, in words.
    pub what: String,
    /// The lengths and alignments behind these words.
    #[serde(default)]
    pub visited: Visited,
    /// How many cells it visited.
    pub cells: u64,
    /// How many calls it made on them.
    pub calls: u64,
    /// What it proves, if that is a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound: Option<Bound>,
    /// The most stack that a call used, in bytes, if the check measures it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack_bytes: Option<usize>,
}

impl Certificate {
    /// The certificate of a report of [`plan`] on `subject`, whose file is `code` by a hash that
    /// did not change during the run; `None` if the report is not a pass.
    ///
    /// # Errors
    /// If the file of this program cannot be read.
    pub fn new(
        subject: &dyn Subject,
        code: Hashed,
        plan: &Plan,
        report: &Report,
    ) -> io::Result<Option<Self>> {
        if report.verdict != Verdict::Pass {
            return Ok(None);
        }
        let depth = plan.depth_for(subject);
        let covered = report.checks.iter().map(|check| Covered {
            check: check.id.to_string(),
            what: coverage(check, plan, &depth),
            visited: check.visited.clone(),
            cells: check.cells,
            calls: check.calls,
            bound: check.bound.clone(),
            stack_bytes: check.stack.as_ref().map(|stack| stack.max_bytes),
        });
        let lengths = report.not_covered.iter();
        let lengths = lengths.map(|open| Skipped::new(LENGTHS, &open.what, false));
        Ok(Some(Self {
            schema: SCHEMA,
            verdict: report.verdict,
            subject: Certified {
                name: subject.name().to_string(),
                code,
                executed_by: subject.capabilities().executed_by.here(),
                interpreted_on: report.interpreted_on(&subject.name()),
            },
            program: Hashed::of(None)?,
            model: report.model.clone(),
            seed: report.seed.clone(),
            max_stack_bytes: plan.max_stack_bytes,
            environment: report.environment.clone(),
            covered: covered.collect(),
            not_covered: report.skipped.iter().cloned().chain(lengths).collect(),
            assumptions: assumptions(subject),
        }))
    }

    /// The certificate as JSON.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("plain data is always JSON") + "\n"
    }

    /// The certificate as text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut line = |args: std::fmt::Arguments<'_>| {
            let line = args.to_string();
            let bare = line.trim_start_matches('\n');
            text += &line[..line.len() - bare.len()];
            text += &visible(bare);
            text.push('\n');
        };
        let software = match SubjectName::parse(&self.subject.name) {
            SubjectName::EmulatedTier(_) => format!(" ({SOFTWARE})"),
            _ => String::new(),
        };
        line(format_args!(
            "CERTIFICATE of {}{software}",
            self.subject.name
        ));
        line(format_args!(
            "  computes {}: no check has a finding",
            self.model
        ));
        let code = &self.subject.code;
        line(format_args!(
            "  code: {}, sha256 {}",
            code.file, code.sha256
        ));
        if let Some(cpu) = &self.subject.interpreted_on {
            line(format_args!(
                "  interpreted as on CPU `{cpu}`, not hardware"
            ));
        }
        line(format_args!("\nCovered"));
        for covered in &self.covered {
            let (cells, calls) = (covered.cells, covered.calls);
            line(format_args!("  {:<7} {}", covered.check, covered.what));
            line(format_args!(
                "          {}, {}",
                count_in_words(cells, "cell"),
                count_in_words(calls, "call")
            ));
            if let Some(bound) = &covered.bound {
                line(format_args!("          {bound}, if {}", bound.assumption));
            }
            if let Some(bytes) = covered.stack_bytes {
                line(format_args!("          stack to {bytes} bytes"));
            }
        }
        if !self.not_covered.is_empty() {
            line(format_args!("\nNot covered"));
        }
        for Skipped { what, reason, .. } in &self.not_covered {
            line(format_args!("  {what}: {reason}"));
        }
        line(format_args!("\nAssumptions"));
        for assumption in &self.assumptions {
            line(format_args!("  - {assumption}"));
        }
        let environment = &self.environment;
        line(format_args!("\nWhere"));
        line(format_args!("  {} ({})", environment.cpu, environment.arch));
        line(format_args!(
            "  features: {}",
            environment.features.join(" ")
        ));
        line(format_args!(
            "  crcheck {}, sha256 {}",
            environment.crcheck, self.program.sha256
        ));
        line(format_args!("  seed {}", self.seed));
        text
    }
}

/// What an entry on lengths that were not covered is about.
pub(crate) const LENGTHS: &str = "lengths";

const ASSUMPTIONS: [&str; 4] = [
    "a bound per cell holds for differences from the oracles that are affine in register and \
     message; random trials tested that the subject is affine, with the bound of `affine`, but do \
     not prove it",
    "the certificate says nothing about cells that no check visited, nor about longer messages",
    "the four judges are right where they agree; each has shown check and residue of its model",
    "the subject is a function of its arguments: `crcheck verify` judges what it remembers or \
     shares with other threads",
];

const OF_MACHINE: &str = "the CPU and the operating system are those named here";

const OF_SOFTWARE: &str = "the tier's instructions do what their software versions do: no \
     instruction of the tier was executed";

const OF_INTERPRETATION: &str = "crcheck's interpreter does what CPUs do: no CPU executed the \
     subject's code, and no time between its instructions is as on a CPU";

fn assumptions(subject: &dyn Subject) -> Vec<String> {
    let is_software = matches!(subject.name(), SubjectName::EmulatedTier(_));
    let is_interpreted = subject.capabilities().executed_by == ExecutedBy::Interpretation;
    let machine = if is_interpreted {
        OF_INTERPRETATION
    } else {
        OF_MACHINE
    };
    let software = is_software.then_some(OF_SOFTWARE);
    let assumptions = ASSUMPTIONS.into_iter().chain([machine]).chain(software);
    assumptions.map(str::to_owned).collect()
}

/// What a check that has ended visited, in words.
fn coverage(check: &CheckReport, plan: &Plan, depth: &Depth) -> String {
    let sentence = plan.checks.row(check.id).and_then(|row| row.coverage);
    sentence.map_or_else(String::new, |sentence| sentence(depth, &check.visited))
}
