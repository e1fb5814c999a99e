//! What a run over the matrix finds: one set of facts, written in several formats.

mod github;
mod html;
mod human;
mod junit;

use crate::child_report::{ChildInterpreted, ChildReport};
use crate::emulator::{Emulator, EmulatorKind};
use crate::leg_outcome::LegOutcome;
use crate::matrix::Cpu;
use crate::purity::TierPurity;
use crcheck_harness::platform::code::illegal_instruction::Illegal;
use crcheck_harness::report::Skipped;
use crcheck_harness::report::environment::Environment;
use crcheck_harness::report::verdict::{ExitCode, Verdict};
use crcheck_harness::subject::ExecutedBy;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt;

/// The version of the JSON format. The schema is `schemas/emulate.schema.json`.
pub const SCHEMA: &str = "crcheck/emulate/1";

/// A CPU, and what its leg found.
#[derive(Clone, Debug, Serialize)]
pub struct LegReport {
    /// The CPU's name.
    pub cpu: String,
    /// What the CPU is.
    pub title: String,
    /// Its architecture.
    pub arch: String,
    /// The emulator that presented it; `None` if the leg did not run.
    pub emulator: Option<EmulatorFacts>,
    /// What executed the kernel's code; `None` if the leg did not run.
    pub executed_by: Option<ExecutedBy>,
    /// What was interpreted; `None` if nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interpreted: Option<InterpretedFacts>,
    /// How the leg ended.
    pub outcome: LegOutcome,
    /// Why it did not pass.
    pub reasons: Vec<String>,
    /// Whether the run fails without this leg.
    #[serde(rename = "required")]
    pub is_required: bool,
    /// The tier that must be chosen.
    pub tier_expected: &'static str,
    /// The tier that was chosen.
    pub tier_seen: Option<String>,
    /// The features that the program must see.
    pub features_expected: Vec<&'static str>,
    /// The features that the program saw.
    pub features_seen: Vec<String>,
    /// The tiers that were judged.
    pub tiers: Vec<TierReport>,
    /// How many saved cases were judged again.
    pub replayed: usize,
    /// The planted faults.
    pub planted: Vec<PlantedFault>,
    /// The findings, as `verify` and `replay` report them.
    pub findings: Vec<serde_json::Value>,
    /// How long the leg took.
    pub seconds: f64,
}

/// The emulator of a leg.
#[derive(Clone, Debug, Serialize)]
pub struct EmulatorFacts {
    /// Its kind.
    pub name: EmulatorKind,
    /// Its version.
    pub version: String,
    /// Whether it refuses instructions that the CPU does not have.
    pub traps: bool,
}

impl From<&dyn Emulator> for EmulatorFacts {
    fn from(emulator: &dyn Emulator) -> Self {
        Self {
            name: emulator.kind(),
            version: emulator.version().to_owned(),
            traps: emulator.traps(),
        }
    }
}

/// What was interpreted for a leg. Legs of one tier share its checks, and each counts them.
#[derive(Clone, Debug, Default, Serialize)]
pub struct InterpretedFacts {
    /// How many instructions.
    pub instructions: u64,
    /// The extensions that the tiers of the leg have executed.
    pub extensions: BTreeSet<String>,
    /// The instructions whose semantics neither this machine's CPU nor a recording confirms.
    pub unconfirmed: BTreeSet<String>,
}

impl fmt::Display for InterpretedFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = |names: &BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(" ");
        write!(f, "{} instructions", self.instructions)?;
        if !self.extensions.is_empty() {
            write!(f, "; executed {}", words(&self.extensions))?;
        }
        if !self.unconfirmed.is_empty() {
            write!(f, "; semantics unconfirmed: {}", words(&self.unconfirmed))?;
        }
        Ok(())
    }
}

/// A tier on a CPU.
#[derive(Clone, Debug, Serialize)]
pub struct TierReport {
    /// The tier's name.
    pub tier: &'static str,
    /// How its verification ended.
    pub outcome: LegOutcome,
    /// The depth of its verification, which may be less than that of the chosen tier.
    pub depth: &'static str,
    /// The cells that were visited.
    pub cells: u64,
}

/// A planted fault, which the leg must catch.
#[derive(Clone, Debug, Serialize)]
pub struct PlantedFault {
    /// Its name.
    pub fault: String,
    /// Whether the leg caught it.
    pub is_caught: bool,
    /// The kinds of the findings.
    pub kinds: Vec<String>,
    /// Whether it is a change of a tier's machine code.
    #[serde(skip)]
    pub is_of_changed_code: bool,
    /// The illegal instruction that it executed.
    pub illegal: Option<Illegal>,
    /// What the emulator said of the illegal instruction, where the emulator ends the program.
    #[serde(rename = "told")]
    pub emulator_message: Option<String>,
}

impl LegReport {
    /// A leg in which nothing has happened yet.
    pub(crate) fn new(cpu: &Cpu) -> Self {
        let features = cpu.features();
        Self {
            cpu: cpu.name.clone(),
            title: cpu.title.clone(),
            arch: cpu.arch.clone(),
            emulator: None,
            executed_by: None,
            interpreted: None,
            outcome: LegOutcome::Passed,
            reasons: Vec::new(),
            is_required: false,
            tier_expected: cpu.tier.name(),
            tier_seen: None,
            features_expected: features.iter().map(|feature| feature.name()).collect(),
            features_seen: Vec::new(),
            tiers: Vec::new(),
            replayed: 0,
            planted: Vec::new(),
            findings: Vec::new(),
            seconds: 0.0,
        }
    }

    /// A leg that does not run.
    pub(crate) fn skipped(cpu: &Cpu, reason: String) -> Self {
        Self {
            outcome: LegOutcome::Skipped,
            reasons: vec![reason],
            ..Self::new(cpu)
        }
    }

    /// Records an outcome and its reason. The gravest outcome remains.
    pub(crate) fn record(&mut self, outcome: LegOutcome, reason: String) {
        if outcome.is_graver_than(self.outcome) {
            self.outcome = outcome;
        }
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }

    /// Counts what was interpreted for a report.
    pub(crate) fn count(&mut self, child: &ChildReport) {
        for ChildInterpreted { subject, account } in &child.interpreted {
            let facts = self.interpreted.get_or_insert_default();
            facts.instructions += account.instructions;
            let unconfirmed = account.unconfirmed.iter().cloned();
            facts.unconfirmed.extend(unconfirmed);
            if subject.starts_with("tier:") {
                let extensions = account.extensions.iter().cloned();
                facts.extensions.extend(extensions);
            }
        }
    }

    /// The exit code that the leg stands for.
    fn exit_code(&self) -> ExitCode {
        if self.outcome == LegOutcome::Skipped && self.is_required {
            ExitCode::Unavailable
        } else {
            self.outcome.exit_code()
        }
    }
}

/// All legs.
#[derive(Clone, Debug, Serialize)]
pub struct EmulateReport {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The verdict.
    pub verdict: Verdict,
    /// The seed, as the command line takes it.
    pub seed: String,
    /// The depth of the run, or `purity`.
    pub depth: String,
    /// The machine that the emulators ran on.
    pub environment: Environment,
    /// The purity of each tier.
    pub purity: Vec<TierPurity>,
    /// What was not examined, and why.
    pub skipped: Vec<Skipped>,
    /// The legs.
    pub legs: Vec<LegReport>,
    /// The exit code.
    #[serde(skip)]
    pub exit_code: ExitCode,
}

impl EmulateReport {
    /// The report of a run over the matrix.
    pub fn of_legs(
        legs: Vec<LegReport>,
        purity: Vec<TierPurity>,
        skipped: Vec<Skipped>,
        depth: String,
        seed: u64,
    ) -> Self {
        let has_run = legs.iter().any(|leg| leg.outcome != LegOutcome::Skipped);
        let of_legs = legs
            .iter()
            .map(LegReport::exit_code)
            .fold(nothing_unless(has_run), ExitCode::and);
        let mut report = Self::of_purity(purity, skipped);
        // Legs can be right although no tier was read: a masked leg asks for purity itself.
        let of_purity = if report.purity.is_empty() {
            ExitCode::Passed
        } else {
            report.exit_code
        };
        report.exit_code = of_legs.and(of_purity);
        Self {
            verdict: report.exit_code.verdict(),
            seed: format!("{seed:#x}"),
            depth,
            legs,
            ..report
        }
    }

    /// The report of the purity check alone.
    pub fn of_purity(purity: Vec<TierPurity>, skipped: Vec<Skipped>) -> Self {
        let of_tiers = purity.iter().map(|tier| tier.outcome.exit_code());
        let exit_code = of_tiers.fold(nothing_unless(!purity.is_empty()), ExitCode::and);
        Self {
            schema: SCHEMA,
            verdict: exit_code.verdict(),
            seed: "0x0".to_owned(),
            depth: "purity".to_owned(),
            environment: Environment::of_this_process(),
            purity,
            skipped,
            legs: Vec::new(),
            exit_code,
        }
    }

    /// One JSON object; on several lines if `is_pretty`.
    pub fn json(&self, is_pretty: bool) -> String {
        let text = if is_pretty {
            serde_json::to_string_pretty(self)
        } else {
            serde_json::to_string(self)
        };
        text.expect("plain data is always JSON") + "\n"
    }

    /// JUnit XML: a test suite for each CPU.
    pub fn junit(&self) -> String {
        junit::junit(self)
    }

    /// Text for a terminal.
    pub fn human(&self) -> String {
        human::human(self)
    }

    /// Markdown.
    pub fn markdown(&self) -> String {
        human::markdown(self)
    }

    /// An HTML document that loads nothing.
    pub fn html(&self) -> String {
        html::html(self)
    }

    /// A log of GitHub's workflows: an error for each leg that does not pass.
    pub fn github(&self) -> String {
        github::github(self)
    }
}

fn nothing_unless(has_run: bool) -> ExitCode {
    if has_run {
        ExitCode::Passed
    } else {
        ExitCode::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::Matrix;

    fn report(legs: Vec<LegReport>) -> EmulateReport {
        EmulateReport::of_legs(legs, Vec::new(), Vec::new(), "quick".to_owned(), 1)
    }

    #[test]
    fn what_did_not_run_is_no_pass() {
        let matrix = Matrix::built_in();
        let cpu = &matrix.cpus()[0];
        let skipped = || LegReport::skipped(cpu, "no emulator".to_owned());
        let passed = || LegReport::new(cpu);
        let required = || LegReport {
            is_required: true,
            ..skipped()
        };
        let ended = |outcome| {
            let mut leg = passed();
            leg.record(outcome, "a reason".to_owned());
            leg
        };
        for (legs, code) in [
            (vec![], ExitCode::Nothing),
            (vec![skipped()], ExitCode::Nothing),
            (vec![passed(), skipped()], ExitCode::Passed),
            (vec![passed(), required()], ExitCode::Unavailable),
            (
                vec![ended(LegOutcome::Broken), required()],
                ExitCode::Unavailable,
            ),
            (vec![ended(LegOutcome::Broken), passed()], ExitCode::Io),
            (
                vec![ended(LegOutcome::Nothing), passed()],
                ExitCode::Nothing,
            ),
            (
                vec![ended(LegOutcome::Incomplete), passed()],
                ExitCode::Incomplete,
            ),
            (vec![ended(LegOutcome::Faulty), required()], ExitCode::Found),
            (vec![ended(LegOutcome::IllegalInstruction)], ExitCode::Found),
        ] {
            let names: Vec<_> = legs.iter().map(|leg| leg.outcome).collect();
            assert_eq!(report(legs).exit_code, code, "{names:?}");
        }
    }

    #[test]
    fn the_summary_names_a_tier_that_no_leg_judged() {
        let matrix = Matrix::built_in();
        let cpu = |tier: &str| {
            let mut cpus = matrix.cpus().iter();
            cpus.find(|cpu| cpu.tier.name() == tier).expect("a CPU")
        };
        let mut judged = LegReport::new(cpu("x86-pclmul"));
        judged.tiers.push(TierReport {
            tier: "x86-pclmul",
            outcome: LegOutcome::Passed,
            depth: "quick",
            cells: 1,
        });
        let skipped = LegReport::skipped(cpu("x86-avx512-vpclmul"), "none".to_owned());
        let text = report(vec![judged.clone(), skipped]).human();
        assert!(
            text.ends_with("; no leg judged x86-avx512-vpclmul\n"),
            "{text}"
        );
        let text = report(vec![judged]).human();
        assert!(!text.contains("no leg judged"), "{text}");
    }

    #[test]
    fn the_mark_in_the_table_has_a_legend() {
        let matrix = Matrix::built_in();
        let mut leg = LegReport::new(&matrix.cpus()[0]);
        let legend = "the tier that the dispatcher chose";
        let texts = |leg: &LegReport| {
            let report = report(vec![leg.clone()]);
            [report.human(), report.markdown(), report.html()]
        };
        for text in texts(&leg) {
            assert!(!text.contains(legend), "{text}");
        }
        leg.tier_seen = Some(leg.tier_expected.to_owned());
        for text in texts(&leg) {
            assert!(text.contains(legend), "{text}");
        }
    }

    #[test]
    fn the_gravest_outcome_stands_and_every_reason_is_kept() {
        let matrix = Matrix::built_in();
        let mut leg = LegReport::new(&matrix.cpus()[0]);
        leg.record(LegOutcome::Faulty, "one".to_owned());
        leg.record(LegOutcome::IllegalInstruction, "two".to_owned());
        leg.record(LegOutcome::Broken, "three".to_owned());
        assert_eq!(leg.outcome, LegOutcome::IllegalInstruction);
        assert_eq!(leg.reasons, ["one", "two", "three"]);
        let junit = report(vec![leg]).junit();
        assert!(
            junit.contains("<failure") && junit.contains("two"),
            "{junit}"
        );
    }
}
