//! What legs came to: one set of facts, several forms.

use crate::emulator::{Emulator, Kind};
use crate::matrix::Cpu;
use crate::purity::TierPurity;
use crcheck_harness::kernel::Tier;
use crcheck_harness::platform::code::illegal_instruction::Illegal;
use crcheck_harness::report::environment::Environment;
use crcheck_harness::report::verdict::{ExitCode, Verdict};
use crcheck_harness::report::{Annotation, Skipped, annotations, markdown_table, markdown_text};
use crcheck_page::{Page, escaped};
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};
use serde::Serialize;
use std::fmt::{self, Write};

/// The version of the JSON form. The schema is `schemas/emulate.schema.json`.
pub const SCHEMA: &str = "crcheck/emulate/1";

/// What a leg, or a tier in it, came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// All is as it should be.
    Passed,
    /// The program executed what the CPU does not have.
    IllegalInstruction,
    /// A fault of the kernel, or a planted one that was not seen.
    Faulty,
    /// It did not run, for a reason.
    Skipped,
    /// It ran without judging anything.
    Nothing,
    /// It was stopped before its end.
    Incomplete,
    /// The emulator failed.
    Broken,
}

impl Outcome {
    /// The name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::IllegalInstruction => "illegal instruction",
            Self::Faulty => "faulty",
            Self::Skipped => "skipped",
            Self::Nothing => "nothing judged",
            Self::Incomplete => "incomplete",
            Self::Broken => "emulator failed",
        }
    }

    /// The exit code of a run that came to no more than this.
    pub const fn exit_code(self) -> ExitCode {
        match self {
            Self::Passed | Self::Skipped => ExitCode::Passed,
            Self::IllegalInstruction | Self::Faulty => ExitCode::Found,
            Self::Nothing => ExitCode::Nothing,
            Self::Incomplete => ExitCode::Incomplete,
            Self::Broken => ExitCode::Io,
        }
    }

    /// The graver of two.
    const fn rank(self) -> u8 {
        match self {
            Self::IllegalInstruction => 0,
            Self::Faulty => 1,
            Self::Nothing => 2,
            Self::Incomplete => 3,
            Self::Broken => 4,
            Self::Skipped => 5,
            Self::Passed => 6,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A CPU, and what came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Leg {
    /// The CPU's name.
    pub cpu: String,
    /// What it is.
    pub title: String,
    /// Its architecture.
    pub arch: String,
    /// What played it.
    pub emulator: Option<EmulatorFacts>,
    /// What came of it.
    pub outcome: Outcome,
    /// Why it is no pass.
    pub reasons: Vec<String>,
    /// Whether its absence is no pass either.
    pub required: bool,
    /// The tier that must be chosen.
    pub tier_expected: &'static str,
    /// The tier that was chosen.
    pub tier_seen: Option<String>,
    /// The features that must be seen.
    pub features_expected: Vec<&'static str>,
    /// The features that were seen.
    pub features_seen: Vec<String>,
    /// The tiers that were judged.
    pub tiers: Vec<TierResult>,
    /// Saved cases that were judged again.
    pub replayed: usize,
    /// The faulty kernels that were planted.
    pub planted: Vec<Planted>,
    /// The faults that were found, as `verify` and `replay` report them.
    pub findings: Vec<serde_json::Value>,
    /// How long it took.
    pub seconds: f64,
}

/// What played a CPU.
#[derive(Clone, Debug, Serialize)]
pub struct EmulatorFacts {
    /// Which.
    pub name: Kind,
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

/// A tier on a CPU.
#[derive(Clone, Debug, Serialize)]
pub struct TierResult {
    /// The tier.
    pub tier: &'static str,
    /// What came of it.
    pub outcome: Outcome,
    /// How far `verify` went: not always as far as with the chosen tier.
    pub depth: &'static str,
    /// Cells visited.
    pub cells: u64,
}

/// A faulty kernel that must be caught.
#[derive(Clone, Debug, Serialize)]
pub struct Planted {
    /// Its name.
    pub fault: String,
    /// Whether it was.
    pub is_caught: bool,
    /// The kinds of fault that were found.
    pub kinds: Vec<String>,
    /// What it executed and should not have.
    pub illegal: Option<Illegal>,
    /// What the emulator said of that, where it ends the program itself.
    pub told: Option<String>,
}

impl Leg {
    /// A leg in which nothing has happened.
    pub(crate) fn of(cpu: &Cpu) -> Self {
        Self {
            cpu: cpu.name.clone(),
            title: cpu.title.clone(),
            arch: cpu.arch.clone(),
            emulator: None,
            outcome: Outcome::Passed,
            reasons: Vec::new(),
            required: false,
            tier_expected: cpu.tier.name(),
            tier_seen: None,
            features_expected: cpu
                .features()
                .iter()
                .map(|feature| feature.name())
                .collect(),
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
            outcome: Outcome::Skipped,
            reasons: vec![reason],
            ..Self::of(cpu)
        }
    }

    /// Notes an outcome and its reason; the gravest outcome stands.
    pub(crate) fn end(&mut self, outcome: Outcome, reason: String) {
        if outcome.rank() < self.outcome.rank() {
            self.outcome = outcome;
        }
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }

    /// The exit code that the leg asks for.
    fn exit_code(&self) -> ExitCode {
        if self.outcome == Outcome::Skipped && self.required {
            ExitCode::Unavailable
        } else {
            self.outcome.exit_code()
        }
    }
}

/// All legs.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The verdict.
    pub verdict: Verdict,
    /// The seed.
    pub seed: String,
    /// The depth.
    pub depth: String,
    /// The machine that the emulators ran on.
    pub environment: Environment,
    /// What the machine code of each tier executes.
    pub purity: Vec<TierPurity>,
    /// What was not looked at, and why.
    pub skipped: Vec<Skipped>,
    /// The legs.
    pub legs: Vec<Leg>,
    /// The exit code.
    #[serde(skip)]
    pub exit_code: ExitCode,
}

impl Report {
    /// The report of a run over the matrix.
    pub fn of_legs(
        legs: Vec<Leg>,
        purity: Vec<TierPurity>,
        skipped: Vec<Skipped>,
        depth: String,
        seed: u64,
    ) -> Self {
        let has_run = legs.iter().any(|leg| leg.outcome != Outcome::Skipped);
        let of_legs = legs
            .iter()
            .map(Leg::exit_code)
            .fold(unless_nothing(has_run), ExitCode::and);
        let mut report = Self::of_purity(purity, skipped);
        // Without a tier that was read, legs may still be right: mask legs ask for it themselves.
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

    /// The report of a look at the machine code alone.
    pub fn of_purity(purity: Vec<TierPurity>, skipped: Vec<Skipped>) -> Self {
        let of_tiers = purity.iter().map(|tier| tier.outcome.exit_code());
        let exit_code = of_tiers.fold(unless_nothing(!purity.is_empty()), ExitCode::and);
        Self {
            schema: SCHEMA,
            verdict: exit_code.verdict(),
            seed: "0x0".to_owned(),
            depth: "purity".to_owned(),
            environment: Environment::here(),
            purity,
            skipped,
            legs: Vec::new(),
            exit_code,
        }
    }

    /// As one JSON object; over several lines if `pretty`.
    pub fn json(&self, pretty: bool) -> String {
        let text = if pretty {
            serde_json::to_string_pretty(self)
        } else {
            serde_json::to_string(self)
        };
        text.expect("plain data is always JSON") + "\n"
    }

    /// For CI: a test suite for each CPU, a test case for each part of its leg.
    pub fn junit(&self) -> String {
        let mut suites = quick_junit::Report::new("crcheck emulate");
        for leg in &self.legs {
            let mut suite = TestSuite::new(&leg.cpu);
            suite.add_test_case(TestCase::new("leg", leg.status()));
            for planted in &leg.planted {
                let status = if planted.is_caught {
                    TestCaseStatus::success()
                } else {
                    TestCaseStatus::non_success(NonSuccessKind::Failure)
                };
                let name = format!("fault:{} is caught", planted.fault);
                suite.add_test_case(TestCase::new(name, status));
            }
            suites.add_test_suite(suite);
        }
        let mut suite = TestSuite::new("purity");
        for tier in &self.purity {
            suite.add_test_case(TestCase::new(tier.tier, tier.status()));
        }
        suites.add_test_suite(suite);
        suites.to_string().expect("a report is always XML")
    }

    /// For people: what is wrong in full, the table last.
    pub fn human(&self) -> String {
        let mut text = self.remarks();
        if !self.legs.is_empty() {
            text += "\n";
            text += &self.table();
        }
        text + &self.last_line()
    }

    /// For people, where Markdown is shown: the table first.
    pub fn markdown(&self) -> String {
        let mut text = format!(
            "# crcheck emulate: {}\n\n{}\n",
            self.verdict,
            markdown_text(self.last_line().trim())
        );
        if !self.legs.is_empty() {
            text += &format!("\n{}", markdown_table(&self.rows()));
        }
        let details = self.remarks();
        if !details.is_empty() {
            text += "\n";
        }
        for line in details.lines() {
            text += &format!("* {}\n", markdown_text(line));
        }
        text
    }

    /// For people: one page without network.
    pub fn html(&self) -> String {
        let mut page = Page::new(format!("crcheck emulate: {}", self.verdict));
        page.push(&format!(
            "<h1>crcheck emulate: {}</h1>\n<p>{}</p>\n",
            self.verdict,
            escaped(self.last_line().trim())
        ));
        if !self.legs.is_empty() {
            page.heading("cpus", "CPUs and tiers");
            page.table(&self.rows());
        }
        page.heading("remarks", "Remarks");
        page.push(&format!("<pre>{}</pre>\n", escaped(&self.remarks())));
        page.finish()
    }

    /// For the workflows of GitHub: an error for each leg that is no pass.
    pub fn github(&self) -> String {
        let bad = |leg: &&Leg| match leg.outcome {
            Outcome::Passed => false,
            Outcome::Skipped => leg.required,
            _ => true,
        };
        let of = |leg: &Leg| Annotation {
            level: "error",
            title: format!("crcheck emulate: {} {}", leg.cpu, leg.outcome),
            message: leg.reasons.join("\n"),
        };
        let mut errors: Vec<Annotation> = self.legs.iter().filter(bad).map(of).collect();
        if errors.is_empty() && self.verdict != Verdict::Pass {
            errors.push(Annotation {
                level: "error",
                title: format!("crcheck emulate: {}", self.verdict),
                message: self.human(),
            });
        }
        annotations(&errors, &[self.last_line().trim().to_owned()])
    }

    /// What is to be said besides the table.
    fn remarks(&self) -> String {
        let mut text = String::new();
        for tier in &self.purity {
            text += &format!("{tier}\n");
        }
        for skipped in &self.skipped {
            text += &format!("skipped {}: {}\n", skipped.what, skipped.reason);
        }
        for leg in &self.legs {
            text += &leg.details();
        }
        text
    }

    /// The table of CPUs and tiers.
    fn table(&self) -> String {
        let rows = self.rows();
        let columns = rows[0].len();
        let widths: Vec<usize> = (0..columns - 1)
            .map(|column| rows.iter().map(|row| row[column].len()).max().unwrap_or(0))
            .collect();
        let mut text = String::new();
        for row in rows {
            for (cell, width) in row.iter().zip(&widths) {
                // Writing to a string cannot fail.
                let _ = write!(text, "{cell:<width$}  ");
            }
            text += &format!("{}\n", row[columns - 1]);
        }
        text
    }

    /// The lines of the table; the first is its head.
    fn rows(&self) -> Vec<Vec<String>> {
        let is_met = |tier: &&Tier| {
            let in_leg = |leg: &Leg| {
                leg.tier_expected == tier.name()
                    || leg.tiers.iter().any(|result| result.tier == tier.name())
            };
            self.legs.iter().any(in_leg)
        };
        let tiers: Vec<&str> = Tier::ALL
            .iter()
            .filter(is_met)
            .map(|tier| tier.name())
            .collect();
        let mut rows = vec![
            ["cpu", "emulator"]
                .into_iter()
                .chain(tiers.iter().copied())
                .chain(["leg"])
                .map(str::to_owned)
                .collect::<Vec<String>>(),
        ];
        rows.extend(self.legs.iter().map(|leg| leg.row(&tiers, &self.depth)));
        rows
    }

    fn last_line(&self) -> String {
        if self.legs.is_empty() {
            let tiers = self.purity.len();
            return format!(
                "{}: {tiers} tiers read, no CPU played\n",
                self.verdict.name()
            );
        }
        let count = |outcome| {
            self.legs
                .iter()
                .filter(|leg| leg.outcome == outcome)
                .count()
        };
        let skipped = count(Outcome::Skipped);
        let passed = count(Outcome::Passed);
        let wrong = self.legs.len() - passed - skipped;
        let cells: u64 = self
            .legs
            .iter()
            .flat_map(|leg| &leg.tiers)
            .map(|tier| tier.cells)
            .sum();
        format!(
            "{}: {passed} legs passed, {wrong} did not, {skipped} skipped ({} depth, seed {}, {cells} cells)\n",
            self.verdict.name(),
            self.depth,
            self.seed
        )
    }
}

fn unless_nothing(has_run: bool) -> ExitCode {
    if has_run {
        ExitCode::Passed
    } else {
        ExitCode::Nothing
    }
}

impl Leg {
    fn status(&self) -> TestCaseStatus {
        let mut status = match self.outcome {
            Outcome::Passed => return TestCaseStatus::success(),
            // What was required and is missing is an error, never a skip that passes.
            Outcome::Skipped if !self.required => TestCaseStatus::skipped(),
            Outcome::Faulty | Outcome::IllegalInstruction => {
                TestCaseStatus::non_success(NonSuccessKind::Failure)
            }
            _ => TestCaseStatus::non_success(NonSuccessKind::Error),
        };
        status.set_message(self.reasons.join("; "));
        status
    }

    fn row(&self, tiers: &[&str], depth: &str) -> Vec<String> {
        let emulator = self.emulator.as_ref().map_or("-".to_owned(), |emulator| {
            format!("{} {}", emulator.name, emulator.version)
        });
        let mut row = vec![self.cpu.clone(), emulator];
        for &tier in tiers {
            let judged = self.tiers.iter().find(|result| result.tier == tier);
            let mut cell = judged.map_or("-".to_owned(), |result| result.outcome.to_string());
            if let Some(other) = judged.filter(|result| result.depth != depth) {
                cell += &format!(" ({})", other.depth);
            }
            if self.tier_seen.as_deref() == Some(tier) {
                cell += " *";
            }
            row.push(cell);
        }
        let mut last = self.outcome.to_string();
        if self.outcome == Outcome::Skipped {
            let required = if self.required { ", required" } else { "" };
            last = format!("skipped ({}{required})", self.reasons.join("; "));
        }
        row.push(last);
        row
    }

    /// What is wrong with the leg, and what the planted faults executed.
    fn details(&self) -> String {
        let mut text = String::new();
        for planted in &self.planted {
            if let Some(illegal) = &planted.illegal {
                text += &format!(
                    "{}: fault:{} caught at {illegal}\n",
                    self.cpu, planted.fault
                );
            } else if let Some(told) = &planted.told {
                text += &format!("{}: fault:{} caught: {told}\n", self.cpu, planted.fault);
            }
        }
        if !matches!(self.outcome, Outcome::Passed | Outcome::Skipped) {
            for reason in &self.reasons {
                text += &format!("{}: {}: {reason}\n", self.cpu, self.outcome);
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::Matrix;

    fn report(legs: Vec<Leg>) -> Report {
        Report::of_legs(legs, Vec::new(), Vec::new(), "quick".to_owned(), 1)
    }

    #[test]
    fn what_did_not_run_is_no_pass() {
        let matrix = Matrix::built_in();
        let cpu = &matrix.cpus()[0];
        let skipped = || Leg::skipped(cpu, "no emulator".to_owned());
        let passed = || Leg::of(cpu);
        let required = || Leg {
            required: true,
            ..skipped()
        };
        let ended = |outcome| {
            let mut leg = passed();
            leg.end(outcome, "a reason".to_owned());
            leg
        };
        for (legs, code) in [
            (vec![], ExitCode::Nothing),
            (vec![skipped()], ExitCode::Nothing),
            (vec![passed(), skipped()], ExitCode::Passed),
            (vec![passed(), required()], ExitCode::Unavailable),
            (
                vec![ended(Outcome::Broken), required()],
                ExitCode::Unavailable,
            ),
            (vec![ended(Outcome::Broken), passed()], ExitCode::Io),
            (vec![ended(Outcome::Nothing), passed()], ExitCode::Nothing),
            (
                vec![ended(Outcome::Incomplete), passed()],
                ExitCode::Incomplete,
            ),
            (vec![ended(Outcome::Faulty), required()], ExitCode::Found),
            (vec![ended(Outcome::IllegalInstruction)], ExitCode::Found),
        ] {
            let names: Vec<_> = legs.iter().map(|leg| leg.outcome).collect();
            assert_eq!(report(legs).exit_code, code, "{names:?}");
        }
    }

    #[test]
    fn the_gravest_outcome_stands_and_every_reason_is_kept() {
        let matrix = Matrix::built_in();
        let mut leg = Leg::of(&matrix.cpus()[0]);
        leg.end(Outcome::Faulty, "one".to_owned());
        leg.end(Outcome::IllegalInstruction, "two".to_owned());
        leg.end(Outcome::Broken, "three".to_owned());
        assert_eq!(leg.outcome, Outcome::IllegalInstruction);
        assert_eq!(leg.reasons, ["one", "two", "three"]);
        let junit = report(vec![leg]).junit();
        assert!(
            junit.contains("<failure") && junit.contains("two"),
            "{junit}"
        );
    }
}
