//! A leg: crcheck on one CPU, and what it takes for the leg to pass.

use crate::child_report::{ChildFinding, ChildReport};
use crate::child_verifier::ChildVerifier;
use crate::early_end::EarlyEnd;
use crate::emulator::{Emulator, Presentation};
use crate::interpreted_tiers::InterpretedTiers;
use crate::interpreter::Interpreter;
use crate::leg_options::LegOptions;
use crate::leg_outcome::LegOutcome;
use crate::matrix::Cpu;
use crate::report::{LegReport, PlantedFault, TierReport};
use crate::task::{Task, Verifier, What};
use crcheck_harness::check::depth::{Depth, DepthName};
use crcheck_harness::kernel::Tier;
use crcheck_harness::kernel::cpu::{Feature, Features};
use crcheck_harness::platform::code::illegal_instruction::Illegal;
use crcheck_harness::report::count_in_words;
use crcheck_harness::subject::{ExecutedBy, Kind};
use std::path::Path;
use std::time::Instant;

/// Runs a leg on `cpu`, as `emulator` presents it.
pub fn run(
    cpu: &Cpu,
    emulator: &dyn Emulator,
    presentation: &Presentation,
    tiers: &InterpretedTiers<'_>,
) -> LegReport {
    let start = Instant::now();
    let options = tiers.options();
    let child;
    let interpreter;
    let verifier: &dyn Verifier = match presentation {
        Presentation::Program(prefix) => {
            child = ChildVerifier {
                cpu,
                emulator,
                prefix,
                options,
            };
            &child
        }
        Presentation::Interpretation => {
            interpreter = Interpreter { cpu, tiers };
            &interpreter
        }
    };
    let leg = Leg {
        cpu,
        emulator,
        verifier,
        options,
    };
    let mut report = LegReport::new(cpu);
    report.emulator = Some(emulator.into());
    let executed_by = emulator.kind().executed_by();
    report.executed_by = Some(executed_by);
    // Also if the leg ends before an instruction.
    report.interpreted = (executed_by == ExecutedBy::Interpretation).then(Default::default);
    if let Err(end) = leg.judge(&mut report) {
        report.record(end.outcome, end.reason);
    }
    report.seconds = start.elapsed().as_secs_f64();
    report
}

struct Leg<'a> {
    cpu: &'a Cpu,
    emulator: &'a dyn Emulator,
    verifier: &'a dyn Verifier,
    options: &'a LegOptions<'a>,
}

impl Leg<'_> {
    fn judge(&self, report: &mut LegReport) -> Result<(), EarlyEnd> {
        self.verify(report)?;
        self.replay(report)?;
        let of_tier = format!("planted-{}", self.cpu.tier);
        self.catch_planted(report, &of_tier)?;
        if let Some(fault) = &self.cpu.plant {
            self.catch_planted(report, fault)?;
        }
        self.catch_changed_code(report)
    }

    /// Judges faults in the tier's machine code, each of which the leg must catch.
    fn catch_changed_code(&self, report: &mut LegReport) -> Result<(), EarlyEnd> {
        for planted in self.verifier.catch_changed_code(self.cpu.tier)? {
            if !planted.is_caught {
                let (tier, fault) = (self.cpu.tier, &planted.fault);
                let reason = format!("{tier} passed with changed code: {fault}");
                report.record(LegOutcome::Faulty, reason);
            }
            report.planted.push(planted);
        }
        Ok(())
    }

    /// Makes a task, and counts what was interpreted for it.
    fn ask(
        &self,
        report: &mut LegReport,
        what: What<'_>,
        artifacts: &Path,
    ) -> Result<ChildReport, EarlyEnd> {
        let child = self.verifier.run(&Task { what, artifacts })?;
        report.count(&child);
        Ok(child)
    }

    /// Verifies the chosen tier at the depth of the run, the others at [`Self::depth_of_others`].
    fn verify(&self, report: &mut LegReport) -> Result<(), EarlyEnd> {
        let depth = self.options.depth;
        let depth_of_others = self.depth_of_others();
        let child = if depth_of_others == Some(depth) {
            self.verify_tiers(report, depth, &[])?
        } else {
            self.verify_tiers(report, depth, &[self.cpu.tier])?
        };
        self.compare_cpu(report, &child);
        let others = self.other_tiers();
        if let Some(below) = depth_of_others.filter(|below| *below != depth && !others.is_empty()) {
            self.verify_tiers(report, below, &others)?;
        }
        self.require_other_tiers(report)?;
        let chosen = &child.environment.tier;
        let is_judged = report.tiers.iter().any(|judged| judged.tier == chosen);
        if let Some(tier) = Tier::ALL.iter().find(|tier| tier.name() == chosen)
            && !is_judged
        {
            // The dispatcher chose another tier than it should: the report says what that tier
            // does.
            self.verify_tiers(report, depth, &[*tier])?;
        }
        if report.outcome == LegOutcome::Passed && child.cells_of(&subject(self.cpu.tier)) == 0 {
            let reason = format!("no cell of {} was visited", self.cpu.tier);
            return Err(EarlyEnd::new(LegOutcome::Nothing, reason));
        }
        Ok(())
    }

    /// Ends the leg unless every other tier was judged.
    fn require_other_tiers(&self, report: &LegReport) -> Result<(), EarlyEnd> {
        let is_judged = |tier: &Tier| {
            let mut judged = report.tiers.iter();
            judged.any(|judged| judged.tier == tier.name() && judged.cells > 0)
        };
        match self.other_tiers().iter().find(|tier| !is_judged(tier)) {
            Some(tier) if report.outcome == LegOutcome::Passed => {
                let reason = format!("no cell of {tier} was visited, which this CPU has");
                Err(EarlyEnd::new(LegOutcome::Nothing, reason))
            }
            _ => Ok(()),
        }
    }

    /// The depth of the tiers that the CPU has and does not choose; `None` if they are not judged.
    ///
    /// Depth deep takes minutes on an interpreted CPU. Each tier is the chosen one of another CPU,
    /// where it goes that deep.
    fn depth_of_others(&self) -> Option<DepthName> {
        match self.options.depth {
            depth if self.options.judges_all_tiers => Some(depth),
            DepthName::Quick => None,
            DepthName::Default | DepthName::Deep | DepthName::Certify => Some(DepthName::Default),
        }
    }

    /// The tiers that the CPU has besides the chosen one, if they are judged.
    fn other_tiers(&self) -> Vec<Tier> {
        if self.depth_of_others().is_none() {
            return Vec::new();
        }
        let features = self.cpu.features();
        let is_other =
            |tier: &&Tier| **tier != self.cpu.tier && features.contains_all(tier.required());
        Tier::ALL.iter().filter(is_other).copied().collect()
    }

    fn verify_tiers(
        &self,
        report: &mut LegReport,
        depth: DepthName,
        tiers: &[Tier],
    ) -> Result<ChildReport, EarlyEnd> {
        // An interpreted CPU takes a hundred times as long: as few messages as at depth quick.
        let messages = Depth::of(DepthName::Quick).messages;
        let messages = self.emulator.traps().then_some(messages);
        let what = What::Tiers {
            depth,
            messages,
            tiers,
        };
        let child = self.ask(report, what, self.options.artifacts)?;
        if child.depth != depth.name() {
            let reason = format!(
                "verify was to go to depth {depth} and went to `{}`",
                child.depth
            );
            return Err(EarlyEnd::new(LegOutcome::Nothing, reason));
        }
        for &tier in Tier::ALL {
            let subject = subject(tier);
            if let Some(outcome) = outcome_of(&child, &subject) {
                report.tiers.push(TierReport {
                    tier: tier.name(),
                    outcome,
                    depth: depth.name(),
                    cells: child.cells_of(&subject),
                });
            }
        }
        take_findings(report, &child, "verify");
        Ok(child)
    }

    /// Compares the CPU that the program saw with the one that it should have seen.
    fn compare_cpu(&self, report: &mut LegReport, child: &ChildReport) {
        let seen = &child.environment;
        report.features_seen.clone_from(&seen.features);
        report.tier_seen = Some(seen.tier.clone());
        let features = seen.features.iter();
        let features: Features = features
            .filter_map(|name| name.parse::<Feature>().ok())
            .collect();
        let expected = self.cpu.features();
        let (missing, extra) = (expected.without(features), features.without(expected));
        if missing != Features::EMPTY {
            let reason = format!("the program did not see {missing}");
            report.record(LegOutcome::Faulty, reason);
        }
        if extra != Features::EMPTY {
            let reason = format!("the program saw {extra}, which this CPU does not have");
            report.record(LegOutcome::Faulty, reason);
        }
        if seen.tier != self.cpu.tier.name() {
            let (chosen, expected) = (&seen.tier, self.cpu.tier);
            let reason = format!("the dispatcher chose {chosen}, where {expected} should run");
            report.record(LegOutcome::Faulty, reason);
        }
    }

    /// Judges the saved cases of every fuzz target again, on every tier that is judged.
    fn replay(&self, report: &mut LegReport) -> Result<(), EarlyEnd> {
        let chosen = [self.cpu.tier];
        let tiers: &[Tier] = match self.depth_of_others() {
            None => &chosen,
            Some(_) => &[],
        };
        let child = self.ask(report, What::SavedCases { tiers }, self.options.artifacts)?;
        take_findings(report, &child, "replay");
        let expected = format!(
            "replay of {}",
            count_in_words(self.options.corpus_cases, "case")
        );
        if child.depth != expected {
            let reason = format!(
                "the corpora were not replayed: `{expected}` was expected, the report says `{}`",
                child.depth
            );
            return Err(EarlyEnd::new(LegOutcome::Nothing, reason));
        }
        let mut tiers = [self.cpu.tier].into_iter().chain(self.other_tiers());
        if let Some(tier) = tiers.find(|tier| child.cells_of(&subject(*tier)) == 0) {
            let reason = format!("the corpora were not replayed on {tier}: no cell was visited");
            return Err(EarlyEnd::new(LegOutcome::Nothing, reason));
        }
        report.replayed = self.options.corpus_cases;
        Ok(())
    }

    /// Verifies a planted fault, which the leg must catch.
    fn catch_planted(&self, report: &mut LegReport, fault: &str) -> Result<(), EarlyEnd> {
        let is_dispatcher = fault.starts_with("dispatch-");
        let planted = match self.ask(report, What::Fault(fault), self.options.scratch) {
            Ok(child) => PlantedFault::judged(fault, &child),
            // An emulator may end the program at the illegal instruction, which catches the fault.
            Err(end) if is_dispatcher && end.outcome == LegOutcome::IllegalInstruction => {
                PlantedFault::ended_by_emulator(fault, end.reason)
            }
            Err(end) => return Err(end),
        };
        // Where the emulator refuses instructions, it must refuse what this dispatcher executes.
        let is_disabled = self.cpu.disable.is_some();
        let must_trap = self.emulator.traps() && is_dispatcher && !is_disabled;
        if !planted.is_caught {
            let reason = format!("the planted fault:{fault} passed: this leg cannot tell");
            report.record(LegOutcome::Faulty, reason);
        } else if must_trap && !planted.is_attributed() {
            let reason = format!("the planted fault:{fault} executed nothing that the CPU lacks");
            report.record(LegOutcome::Faulty, reason);
        }
        report.planted.push(planted);
        Ok(())
    }
}

impl PlantedFault {
    /// A fault that crcheck judged and reported.
    fn judged(fault: &str, child: &ChildReport) -> Self {
        let kinds_of =
            |finding: ChildFinding| -> Vec<String> { finding.kinds().map(str::to_owned).collect() };
        let mut kinds: Vec<String> = child.findings().flat_map(kinds_of).collect();
        kinds.sort();
        kinds.dedup();
        Self {
            fault: fault.to_owned(),
            is_caught: child.verdict == "fail",
            kinds,
            is_of_changed_code: false,
            illegal: child.findings().find_map(|finding| finding.illegal),
            emulator_message: None,
        }
    }

    /// A fault whose illegal instruction made the emulator end the program.
    fn ended_by_emulator(fault: &str, message: String) -> Self {
        Self {
            fault: fault.to_owned(),
            is_caught: true,
            kinds: vec![Kind::IllegalInstruction.name().to_owned()],
            is_of_changed_code: false,
            illegal: None,
            emulator_message: Some(message),
        }
    }

    /// Whether the CPU is known to lack what the fault executed.
    fn is_attributed(&self) -> bool {
        self.emulator_message.is_some() || self.illegal.as_ref().is_some_and(Illegal::is_attributed)
    }
}

/// A tier's name in reports.
fn subject(tier: Tier) -> String {
    format!("tier:{tier}")
}

/// How the verification of a subject ended; `None` if the report does not have the subject.
fn outcome_of(child: &ChildReport, subject: &str) -> Option<LegOutcome> {
    let checks = child.checks_of(subject);
    let verdicts: Vec<&str> = checks.map(|check| check.verdict.as_str()).collect();
    if verdicts.is_empty() {
        return None;
    }
    let is_illegal = child.findings().any(|finding| {
        let mut kinds = finding.kinds();
        finding.subject == subject && kinds.any(|kind| kind == Kind::IllegalInstruction.name())
    });
    Some(if is_illegal {
        LegOutcome::IllegalInstruction
    } else if verdicts.contains(&"fail") {
        LegOutcome::Faulty
    } else if verdicts.iter().all(|verdict| *verdict == "pass") {
        LegOutcome::Passed
    } else {
        LegOutcome::Incomplete
    })
}

/// Takes over the findings of a child's report, and its verdict if that is no pass.
fn take_findings(report: &mut LegReport, child: &ChildReport, subcommand: &str) {
    for finding in child.findings() {
        let (outcome, detail) = match finding.illegal {
            Some(illegal) => (LegOutcome::IllegalInstruction, format!(": {illegal}")),
            None => (LegOutcome::Faulty, String::new()),
        };
        let (kind, subject) = (finding.kind, finding.subject);
        report.record(
            outcome,
            format!("{subcommand}: {kind} in {subject}{detail}"),
        );
    }
    report.findings.extend(child.findings.iter().cloned());
    if child.verdict == "incomplete" {
        let reason = format!("{subcommand} was stopped before its end");
        report.record(LegOutcome::Incomplete, reason);
    } else if child.verdict == "void" && report.outcome == LegOutcome::Passed {
        let reason = format!("{subcommand} reached no verdict");
        report.record(LegOutcome::Nothing, reason);
    }
}
