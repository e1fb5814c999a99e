//! The tasks of a leg, interpreted in this process as on the leg's CPU.

use crate::changed_code::{Change, changes_of, draw};
use crate::changed_tier;
use crate::child_report::{ChildEnvironment, ChildReport};
use crate::early_end::EarlyEnd;
use crate::in_process::{self, Judged};
use crate::interpreted_cpu::interpreted_cpu;
use crate::interpreted_tiers::{InterpretedTiers, not_interpreted};
use crate::leg_outcome::LegOutcome;
use crate::matrix::Cpu;
use crate::report::PlantedFault;
use crate::task::{Task, Verifier, What};
use crcheck_faults::interpreted_fault;
use crcheck_harness::check::checks::{self, CheckSet};
use crcheck_harness::check::depth::{Depth, DepthName};
use crcheck_harness::check::verification::Seeds;
use crcheck_harness::kernel::Tier;
use crcheck_harness::kernel::cpu::Feature;
use crcheck_harness::machine;
use crcheck_harness::platform::rng::SplitMix64;
use crcheck_harness::subject::interpretation::{Halt, InterpretedDispatcher, InterpretedTier};
use crcheck_harness::subject::{Subject, is_of_this_architecture};
use std::path::Path;

/// Interprets the kernel of this process on one CPU.
pub(crate) struct Interpreter<'a> {
    pub(crate) cpu: &'a Cpu,
    pub(crate) tiers: &'a InterpretedTiers<'a>,
}

/// How many faults of a tier's code a leg judges.
const CHANGES: usize = 20;

impl Verifier for Interpreter<'_> {
    fn run(&self, task: &Task<'_>) -> Result<ChildReport, EarlyEnd> {
        let report = match task.what {
            What::Tiers {
                depth,
                messages,
                tiers,
            } => self.verify(&self.or_all(tiers), depth, messages, task.artifacts),
            What::SavedCases { tiers } => self.replay(&self.or_all(tiers)),
            What::Fault(fault) => self.verify_fault(fault, task.artifacts),
        };
        Ok(ChildReport {
            environment: self.environment()?,
            ..report?
        })
    }

    /// Faults in code that few machines can execute. Other code has mutants elsewhere.
    fn catch_changed_code(&self, tier: Tier) -> Result<Vec<PlantedFault>, EarlyEnd> {
        if !tier.required().contains(Feature::Avx512f) {
            return Ok(Vec::new());
        }
        let (cpu, options) = (self.machine_cpu(), self.tiers.options());
        let changes = changes_of(tier, cpu.clone()).map_err(not_interpreted)?;
        let seed = SplitMix64::labelled(options.seed, self.cpu.name.len() as u64).next_u64();
        let drawn = draw(changes, CHANGES, seed);
        let catch = |change: &Change| changed_tier::catch(change, tier, cpu.clone(), options);
        drawn.iter().map(catch).collect()
    }
}

impl Interpreter<'_> {
    fn machine_cpu(&self) -> machine::Cpu {
        interpreted_cpu(self.cpu)
    }

    /// What the kernel's detection and its dispatcher say on this CPU.
    fn environment(&self) -> Result<ChildEnvironment, EarlyEnd> {
        let dispatcher = InterpretedDispatcher::new(self.machine_cpu()).map_err(not_interpreted)?;
        let (tier, features) = dispatcher.choice().map_err(|halt| match halt {
            Halt::Stop(stop) => {
                let illegal = stop.illegal.map(|illegal| format!(": {illegal}"));
                let illegal = illegal.unwrap_or_default();
                let reason = format!("the dispatcher {}{illegal}", stop.summary);
                EarlyEnd::new(LegOutcome::Faulty, reason)
            }
            Halt::Unmodelled(unmodelled) => in_process::not_modelled(&unmodelled),
        })?;
        let features = features.iter().map(|feature| feature.name().to_owned());
        Ok(ChildEnvironment {
            features: features.collect(),
            tier: tier.name().to_owned(),
        })
    }

    /// These tiers; every one of the CPU if there are none.
    fn or_all(&self, tiers: &[Tier]) -> Vec<Tier> {
        if !tiers.is_empty() {
            return tiers.to_vec();
        }
        let features = self.cpu.features();
        let has =
            |tier: &Tier| is_of_this_architecture(*tier) && features.contains_all(tier.required());
        Tier::ALL.iter().copied().filter(has).collect()
    }

    /// The reports of the tiers, which other legs share. A tier that has executed what this CPU
    /// lacks is judged again on this CPU, where that is an illegal instruction.
    fn verify(
        &self,
        tiers: &[Tier],
        depth: DepthName,
        messages: Option<usize>,
        artifacts: &Path,
    ) -> Result<ChildReport, EarlyEnd> {
        let cpu = self.machine_cpu();
        let mut all: Option<ChildReport> = None;
        for &tier in tiers {
            let shared = self.tiers.verify(tier, depth, messages)?;
            let mut interpreted = shared.interpreted.iter();
            let is_within =
                interpreted.all(|one| one.account.extensions.is_subset(&cpu.extensions));
            let report = if is_within {
                shared
            } else {
                let depth = Depth::of(depth);
                let depth = messages.map_or(depth, |messages| depth.with_messages(messages));
                let judged = Judged {
                    depth,
                    checks: CheckSet::none().with(checks::agree::ID),
                    seeds: Seeds::LeftOut,
                };
                self.judge(self.tier(tier)?, judged, artifacts)?
            };
            all = Some(match all {
                None => report,
                Some(before) => before.with(report),
            });
        }
        let nothing = || EarlyEnd::new(LegOutcome::Nothing, "no tier was to be interpreted");
        all.ok_or_else(nothing)
    }

    fn tier(&self, tier: Tier) -> Result<Box<dyn Subject>, EarlyEnd> {
        let subject = InterpretedTier::new(tier, self.machine_cpu()).map_err(not_interpreted)?;
        Ok(Box::new(subject))
    }

    fn replay(&self, tiers: &[Tier]) -> Result<ChildReport, EarlyEnd> {
        let subjects: Result<Vec<_>, _> = tiers.iter().map(|&tier| self.tier(tier)).collect();
        let saved = self.tiers.saved_cases()?;
        in_process::replay(&subjects?, saved, self.tiers.options())
    }

    fn verify_fault(&self, fault: &str, artifacts: &Path) -> Result<ChildReport, EarlyEnd> {
        let subject = interpreted_fault(fault, self.machine_cpu());
        let subject = subject.map_err(|error| not_interpreted(error.to_string()))?;
        let judged = Judged {
            depth: Depth::of(DepthName::Quick),
            checks: CheckSet::none()
                .with(checks::agree::ID)
                .with(checks::dispatch::ID),
            seeds: Seeds::Judged,
        };
        self.judge(subject, judged, artifacts)
    }

    fn judge(
        &self,
        subject: Box<dyn Subject>,
        judged: Judged,
        artifacts: &Path,
    ) -> Result<ChildReport, EarlyEnd> {
        let folder = artifacts.join(&self.cpu.name);
        in_process::verify(subject, judged, self.tiers.options(), folder)
    }
}
