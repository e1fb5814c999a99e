//! A leg: crcheck on one CPU, and what it takes for that to be green.

use crate::emulator::{Complaint, Emulator, Launch, last_lines};
use crate::matrix::Cpu;
use crate::program::{self, Ended, How};
use crate::report::{Leg, Outcome, Planted, TierResult};
use crcheck_harness::check::depth::{Depth, DepthName};
use crcheck_harness::kernel::Tier;
use crcheck_harness::kernel::cpu::{Feature, Features};
use crcheck_harness::platform::code::illegal_instruction::Illegal;
use crcheck_harness::platform::emulation::EMULATED_VARIABLE;
use crcheck_harness::report::verdict::ExitCode;
use crcheck_harness::subject::Kind;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// What all legs have in common.
pub struct Task<'a> {
    /// The crcheck that is to run, by architecture.
    pub workers: &'a BTreeMap<String, PathBuf>,
    /// The saved cases.
    pub corpus: &'a Path,
    /// How many they are.
    pub corpus_cases: usize,
    /// How far `verify` goes.
    pub depth: DepthName,
    /// Whether every tier of the CPU is judged as far as that, and not only the chosen one.
    pub all_tiers: bool,
    /// The seed.
    pub seed: u64,
    /// How long one program may run.
    pub deadline: Duration,
    /// Where the cases of faults go.
    pub artifacts: &'a Path,
    /// Where those of planted faults go, which nobody needs.
    pub scratch: &'a Path,
    /// Set to stop.
    pub interrupted: &'a AtomicBool,
}

/// The parts of a report of crcheck that decide.
#[derive(Deserialize)]
struct Said {
    verdict: String,
    depth: String,
    environment: SaidEnvironment,
    checks: Vec<SaidCheck>,
    findings: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct SaidEnvironment {
    features: Vec<String>,
    tier: String,
}

#[derive(Deserialize)]
struct SaidCheck {
    subject: String,
    verdict: String,
    cells: u64,
}

#[derive(Deserialize)]
struct SaidFinding {
    kind: String,
    subject: String,
    illegal: Option<Illegal>,
}

impl Planted {
    fn of(fault: &str, said: &Said) -> Self {
        let mut kinds: Vec<String> = said.findings().map(|finding| finding.kind).collect();
        kinds.sort();
        kinds.dedup();
        Self {
            fault: fault.to_owned(),
            is_caught: said.verdict == "fail",
            kinds,
            illegal: said.findings().find_map(|finding| finding.illegal),
            told: None,
        }
    }

    fn told(fault: &str, told: String) -> Self {
        Self {
            fault: fault.to_owned(),
            is_caught: true,
            kinds: vec![Kind::IllegalInstruction.name().to_owned()],
            illegal: None,
            told: Some(told),
        }
    }

    /// Whether what it executed is known to be what the CPU lacks.
    fn is_attributed(&self) -> bool {
        self.told.is_some() || self.illegal.as_ref().is_some_and(Illegal::is_attributed)
    }
}

impl Said {
    fn findings(&self) -> impl Iterator<Item = SaidFinding> {
        let read = |finding: &serde_json::Value| serde_json::from_value(finding.clone()).ok();
        self.findings.iter().filter_map(read)
    }

    fn cells(&self, subject: &str) -> u64 {
        let own = self.checks.iter().filter(|check| check.subject == subject);
        own.map(|check| check.cells).sum()
    }
}

/// Why a leg ended before it was judged.
struct Ending {
    outcome: Outcome,
    reason: String,
}

impl Ending {
    fn new(outcome: Outcome, reason: impl Into<String>) -> Self {
        Self {
            outcome,
            reason: reason.into(),
        }
    }
}

/// Runs a leg.
pub fn run(cpu: &Cpu, emulator: &dyn Emulator, launch: &Launch, task: &Task<'_>) -> Leg {
    let began = Instant::now();
    let mut leg = Leg::of(cpu);
    leg.emulator = Some(emulator.into());
    let running = Running {
        cpu,
        emulator,
        launch,
        task,
    };
    let ended = running.judge(&mut leg);
    if let Err(ending) = ended {
        leg.end(ending.outcome, ending.reason);
    }
    leg.seconds = began.elapsed().as_secs_f64();
    leg
}

struct Running<'a> {
    cpu: &'a Cpu,
    emulator: &'a dyn Emulator,
    launch: &'a Launch,
    task: &'a Task<'a>,
}

impl Running<'_> {
    fn judge(&self, leg: &mut Leg) -> Result<(), Ending> {
        self.verify(leg)?;
        self.replay(leg)?;
        let own = format!("planted-{}", self.cpu.tier);
        for fault in [Some(own.as_str()), self.cpu.plant.as_deref()]
            .into_iter()
            .flatten()
        {
            self.plant(leg, fault)?;
        }
        Ok(())
    }

    /// The chosen tier at the depth that was asked for, the others as far as [`Self::depth_of_others`] says.
    fn verify(&self, leg: &mut Leg) -> Result<(), Ending> {
        let depth = self.task.depth;
        let depth_of_others = self.depth_of_others();
        let said = if depth_of_others == Some(depth) {
            self.verify_tiers(leg, depth, &[])?
        } else {
            self.verify_tiers(leg, depth, &["--tier", self.cpu.tier.name()])?
        };
        self.compare(leg, &said);
        let others = self.others();
        let others: Vec<&str> = others
            .iter()
            .flat_map(|tier| ["--tier", tier.name()])
            .collect();
        if let Some(below) = depth_of_others.filter(|below| *below != depth && !others.is_empty()) {
            self.verify_tiers(leg, below, &others)?;
        }
        self.misses_none(leg)?;
        let chosen = &said.environment.tier;
        let is_judged = leg.tiers.iter().any(|result| result.tier == chosen);
        if let Some(tier) = Tier::ALL.iter().find(|tier| tier.name() == chosen)
            && !is_judged
        {
            // The wrong one: what it does here is worth knowing.
            self.verify_tiers(leg, depth, &["--tier", tier.name()])?;
        }
        if leg.outcome == Outcome::Passed && said.cells(&subject(self.cpu.tier)) == 0 {
            let reason = format!("no cell of {} was visited", self.cpu.tier);
            return Err(Ending::new(Outcome::Nothing, reason));
        }
        Ok(())
    }

    /// Whether every tier that was to be judged was.
    fn misses_none(&self, leg: &Leg) -> Result<(), Ending> {
        let is_judged = |tier: &str| {
            let mut results = leg.tiers.iter();
            results.any(|result| result.tier == tier && result.cells > 0)
        };
        match self
            .others()
            .into_iter()
            .find(|tier| !is_judged(tier.name()))
        {
            Some(tier) if leg.outcome == Outcome::Passed => {
                let reason = format!("no cell of {tier} was visited, which this CPU has");
                Err(Ending::new(Outcome::Nothing, reason))
            }
            _ => Ok(()),
        }
    }

    /// How far tiers are judged that are not the chosen one. Depth deep takes minutes where instructions are
    /// interpreted, and each tier is the chosen one of another CPU: it goes as far there.
    fn depth_of_others(&self) -> Option<DepthName> {
        match self.task.depth {
            depth if self.task.all_tiers => Some(depth),
            DepthName::Quick => None,
            DepthName::Default | DepthName::Deep | DepthName::Certify => Some(DepthName::Default),
        }
    }

    /// The tiers that are judged besides the chosen one: all that the CPU has, if any.
    fn others(&self) -> Vec<Tier> {
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
        leg: &mut Leg,
        depth: DepthName,
        tiers: &[&str],
    ) -> Result<Said, Ending> {
        // The seeds are among the saved cases, which follow.
        let mut arguments = vec!["verify", "--no-seeds", "--depth", depth.name()];
        // What interprets a CPU takes a hundred times as long: as few messages as at depth quick.
        let messages = Depth::of(DepthName::Quick).messages.to_string();
        if self.emulator.traps() {
            arguments.extend(["--messages", &messages]);
        }
        arguments.extend(tiers);
        let said = self.crcheck(&arguments, self.task.artifacts)?;
        if said.depth != depth.name() {
            let reason = format!(
                "verify was to go to depth {depth} and went to `{}`",
                said.depth
            );
            return Err(Ending::new(Outcome::Nothing, reason));
        }
        for &tier in Tier::ALL {
            let subject = subject(tier);
            let of_tier = || said.checks.iter().filter(|check| check.subject == subject);
            if of_tier().next().is_none() {
                continue;
            }
            let is_illegal = said.findings().any(|finding| {
                finding.subject == subject && finding.kind == Kind::IllegalInstruction.name()
            });
            let outcome = if is_illegal {
                Outcome::IllegalInstruction
            } else if of_tier().any(|check| check.verdict == "fail") {
                Outcome::Faulty
            } else if of_tier().all(|check| check.verdict == "pass") {
                Outcome::Passed
            } else {
                Outcome::Incomplete
            };
            leg.tiers.push(TierResult {
                tier: tier.name(),
                outcome,
                depth: depth.name(),
                cells: said.cells(&subject),
            });
        }
        self.take_findings(leg, &said, "verify");
        Ok(said)
    }

    /// What the program saw, against what it should have seen.
    fn compare(&self, leg: &mut Leg, said: &Said) {
        leg.features_seen.clone_from(&said.environment.features);
        leg.tier_seen = Some(said.environment.tier.clone());
        let seen: Features = said
            .environment
            .features
            .iter()
            .filter_map(|name| name.parse::<Feature>().ok())
            .collect();
        let expected = self.cpu.features();
        let (lacks, has) = (expected.without(seen), seen.without(expected));
        if lacks != Features::EMPTY {
            leg.end(Outcome::Faulty, format!("the program did not see {lacks}"));
        }
        if has != Features::EMPTY {
            leg.end(
                Outcome::Faulty,
                format!("the program saw {has}, which this CPU does not have"),
            );
        }
        let chosen = &said.environment.tier;
        if *chosen != self.cpu.tier.name() {
            leg.end(
                Outcome::Faulty,
                format!(
                    "the dispatcher chose {chosen}, where {} should run",
                    self.cpu.tier
                ),
            );
        }
    }

    /// The saved cases of every fuzz target, on every tier that is judged.
    fn replay(&self, leg: &mut Leg) -> Result<(), Ending> {
        let corpus = self.task.corpus.to_string_lossy();
        let mut arguments = vec!["replay", corpus.as_ref()];
        if self.depth_of_others().is_none() {
            arguments.extend(["--tier", self.cpu.tier.name()]);
        }
        let said = self.crcheck(&arguments, self.task.artifacts)?;
        self.take_findings(leg, &said, "replay");
        let expected = format!("replay of {} cases", self.task.corpus_cases);
        if said.depth != expected {
            let reason = format!(
                "the corpora were not replayed: {expected} was expected, and came to `{}`",
                said.depth
            );
            return Err(Ending::new(Outcome::Nothing, reason));
        }
        let mut tiers = [self.cpu.tier].into_iter().chain(self.others());
        if let Some(tier) = tiers.find(|tier| said.cells(&subject(*tier)) == 0) {
            let reason = format!("the corpora were not replayed on {tier}: no cell was visited");
            return Err(Ending::new(Outcome::Nothing, reason));
        }
        leg.replayed = self.task.corpus_cases;
        Ok(())
    }

    /// A faulty kernel, which must turn the leg red.
    fn plant(&self, leg: &mut Leg, fault: &str) -> Result<(), Ending> {
        let arguments = [
            "verify", "--depth", "quick", "--check", "agree", "--check", "dispatch", "--fault",
            fault,
        ];
        let is_dispatcher = fault.starts_with("dispatch-");
        let planted = match self.crcheck(&arguments, self.task.scratch) {
            Ok(said) => Planted::of(fault, &said),
            // An emulator may end the program at the instruction: that is what is wanted.
            Err(ending) if is_dispatcher && ending.outcome == Outcome::IllegalInstruction => {
                Planted::told(fault, ending.reason)
            }
            Err(ending) => return Err(ending),
        };
        // A dispatcher that runs what the CPU lacks must be caught at it, where the emulator can.
        let is_disabled = self.cpu.disable.is_some();
        let must_trap = self.emulator.traps() && is_dispatcher && !is_disabled;
        if !planted.is_caught {
            leg.end(
                Outcome::Faulty,
                format!("the planted fault:{fault} passed: this leg cannot tell"),
            );
        } else if must_trap && !planted.is_attributed() {
            leg.end(
                Outcome::Faulty,
                format!("the planted fault:{fault} executed nothing that the CPU lacks"),
            );
        }
        leg.planted.push(planted);
        Ok(())
    }

    fn take_findings(&self, leg: &mut Leg, said: &Said, what: &str) {
        for finding in said.findings() {
            let (outcome, detail) = match finding.illegal {
                Some(illegal) => (Outcome::IllegalInstruction, format!(": {illegal}")),
                None => (Outcome::Faulty, String::new()),
            };
            let (kind, subject) = (finding.kind, finding.subject);
            leg.end(outcome, format!("{what}: {kind} in {subject}{detail}"));
        }
        leg.findings.extend(said.findings.iter().cloned());
        if said.verdict == "incomplete" {
            leg.end(
                Outcome::Incomplete,
                format!("{what} was stopped before its end"),
            );
        } else if said.verdict == "void" && leg.outcome == Outcome::Passed {
            leg.end(Outcome::Nothing, format!("{what} came to no verdict"));
        }
    }

    /// Runs crcheck on the CPU, and reads its report.
    fn crcheck(&self, arguments: &[&str], artifacts: &Path) -> Result<Said, Ending> {
        let mut command = self.command(arguments, artifacts)?;
        let ended = program::run(&mut command, self.task.deadline, self.task.interrupted).map_err(
            |error| {
                let program = command.get_program().to_string_lossy().into_owned();
                Ending::new(
                    Outcome::Broken,
                    format!("{program} does not start: {error}"),
                )
            },
        )?;
        self.understand(arguments[0], &ended)
    }

    fn command(&self, arguments: &[&str], artifacts: &Path) -> Result<Command, Ending> {
        let worker = self.task.workers.get(&self.cpu.arch).ok_or_else(|| {
            Ending::new(Outcome::Broken, format!("no worker for {}", self.cpu.arch))
        })?;
        let mut command = self.launch.command(worker);
        command.args(arguments);
        if arguments[0] == "verify" {
            command.args(["--seed", &format!("{:#x}", self.task.seed)]);
        }
        command.args(["--format", "json", "--progress", "never", "--artifacts"]);
        command.arg(artifacts.join(&self.cpu.name));
        command.env(EMULATED_VARIABLE, &self.cpu.name);
        // The leg is the CPU's own: nobody's wishes for the machine at hand.
        for name in ["CRCHECK_DISABLE", "CRCHECK_SUBJECT", "CRCHECK_REQUIRE"] {
            command.env_remove(name);
        }
        if let Some(features) = &self.cpu.disable {
            command.env("CRCHECK_DISABLE", features);
        }
        Ok(command)
    }

    fn understand(&self, what: &str, ended: &Ended) -> Result<Said, Ending> {
        let status = match ended.how {
            How::Itself(status) => status,
            How::Interrupted => {
                return Err(Ending::new(
                    Outcome::Incomplete,
                    format!("{what} was interrupted"),
                ));
            }
            How::Late => {
                let seconds = self.task.deadline.as_secs_f64();
                let last = last_lines(&ended.stderr);
                return Err(Ending::new(
                    Outcome::Incomplete,
                    format!(
                        "{what} did not end within {seconds} s (--deadline); last said: {last}"
                    ),
                ));
            }
        };
        if let Ok(said) = serde_json::from_str(&ended.stdout) {
            return Ok(said);
        }
        Err(self.complaint(what, status, ended))
    }

    fn complaint(&self, what: &str, status: ExitStatus, ended: &Ended) -> Ending {
        match self.emulator.explain(&ended.stderr) {
            Some(Complaint::Illegal(told)) => {
                return Ending::new(Outcome::IllegalInstruction, format!("{what}: {told}"));
            }
            Some(Complaint::Broken(told)) => {
                return Ending::new(Outcome::Broken, format!("{what}: {told}"));
            }
            None => {}
        }
        let last = last_lines(&ended.stderr);
        if status.signal() == Some(libc::SIGILL) {
            return Ending::new(Outcome::IllegalInstruction, format!("{what}: {last}"));
        }
        let code = ExitCode::Bug as i32;
        if status.code() == Some(code) {
            return Ending::new(Outcome::Broken, format!("{what}: a bug in crcheck: {last}"));
        }
        Ending::new(
            Outcome::Broken,
            format!(
                "{what} ended with {status}, and what it printed is not understood: {}",
                if last.is_empty() {
                    "nothing on stderr"
                } else {
                    &last
                }
            ),
        )
    }
}

/// A tier as reports name it.
fn subject(tier: Tier) -> String {
    format!("tier:{tier}")
}
