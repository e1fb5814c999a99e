//! The tasks of a leg as programs under an emulator.

use crate::child_process::{self, ChildEnding, FinishedChild};
use crate::child_report::ChildReport;
use crate::early_end::EarlyEnd;
use crate::emulator::{CommandPrefix, Complaint, Emulator, last_lines};
use crate::leg_options::LegOptions;
use crate::leg_outcome::LegOutcome;
use crate::matrix::Cpu;
use crate::task::{Task, Verifier, What};
use crcheck_harness::platform::emulation::EMULATED_VARIABLE;
use crcheck_harness::report::verdict::ExitCode;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus};

/// Starts crcheck under an emulator, and reads its reports.
pub(crate) struct ChildVerifier<'a> {
    pub(crate) cpu: &'a Cpu,
    pub(crate) emulator: &'a dyn Emulator,
    pub(crate) prefix: &'a CommandPrefix,
    pub(crate) options: &'a LegOptions<'a>,
}

impl Verifier for ChildVerifier<'_> {
    fn run(&self, task: &Task<'_>) -> Result<ChildReport, EarlyEnd> {
        let arguments = self.arguments(task);
        let mut command = self.command(&arguments, task.artifacts)?;
        let options = self.options;
        let finished = child_process::run(&mut command, options.deadline, options.interrupted);
        let finished = finished.map_err(|error| {
            let program = command.get_program().to_string_lossy();
            let reason = format!("{program} does not start: {error}");
            EarlyEnd::new(LegOutcome::Broken, reason)
        })?;
        self.read_report(task.subcommand(), &finished)
    }
}

impl ChildVerifier<'_> {
    fn arguments(&self, task: &Task<'_>) -> Vec<String> {
        let mut arguments = vec![task.subcommand().to_owned()];
        let mut add = |words: &[&str]| arguments.extend(words.iter().map(|&word| word.to_owned()));
        let tiers = match task.what {
            What::Tiers {
                depth,
                messages,
                tiers,
            } => {
                add(&["--no-seeds", "--depth", depth.name()]);
                if let Some(messages) = messages {
                    add(&["--messages", &messages.to_string()]);
                }
                tiers
            }
            What::SavedCases { tiers } => {
                add(&[&self.options.corpus.to_string_lossy()]);
                tiers
            }
            What::Fault(fault) => {
                add(&[
                    "--depth", "quick", "--check", "agree", "--check", "dispatch",
                ]);
                add(&["--fault", fault]);
                &[]
            }
        };
        for tier in tiers {
            add(&["--tier", tier.name()]);
        }
        arguments
    }

    fn command(&self, arguments: &[String], artifacts: &Path) -> Result<Command, EarlyEnd> {
        let arch = &self.cpu.arch;
        let worker = self.options.workers.get(arch).ok_or_else(|| {
            EarlyEnd::new(LegOutcome::Broken, format!("there is no worker for {arch}"))
        })?;
        let mut command = self.prefix.command(worker);
        command.args(arguments);
        if arguments[0] == "verify" {
            command.args(["--seed", &format!("{:#x}", self.options.seed)]);
        }
        command.args(["--format", "json", "--progress", "never", "--artifacts"]);
        command.arg(artifacts.join(&self.cpu.name));
        command.env(EMULATED_VARIABLE, &self.cpu.name);
        // What the user sets for this machine does not hold for the emulated CPU.
        for name in [
            "CRCHECK_DISABLE",
            "CRCHECK_SUBJECT",
            "CRCHECK_MODEL",
            "CRCHECK_SIGNATURE",
            "CRCHECK_CONVENTION",
            "CRCHECK_REQUIRE",
        ] {
            command.env_remove(name);
        }
        if let Some(features) = &self.cpu.disable {
            command.env("CRCHECK_DISABLE", features);
        }
        Ok(command)
    }

    fn read_report(
        &self,
        subcommand: &str,
        finished: &FinishedChild,
    ) -> Result<ChildReport, EarlyEnd> {
        let status = match finished.ending {
            ChildEnding::Ended(status) => status,
            ChildEnding::Interrupted => {
                let reason = format!("{subcommand} was interrupted");
                return Err(EarlyEnd::new(LegOutcome::Incomplete, reason));
            }
            ChildEnding::DeadlinePassed => {
                let seconds = self.options.deadline.as_secs_f64();
                let reason = format!(
                    "{subcommand} did not end within {seconds} s (--deadline); last said: {}",
                    last_lines(&finished.stderr)
                );
                return Err(EarlyEnd::new(LegOutcome::Incomplete, reason));
            }
        };
        serde_json::from_str(&finished.stdout)
            .map_err(|_| self.explain_failure(subcommand, status, &finished.stderr))
    }

    /// Why there is no report.
    fn explain_failure(&self, subcommand: &str, status: ExitStatus, stderr: &str) -> EarlyEnd {
        let (outcome, reason) = match self.emulator.explain(stderr) {
            Some(Complaint::Illegal(text)) => (LegOutcome::IllegalInstruction, text),
            Some(Complaint::Broken(text)) => (LegOutcome::Broken, text),
            None => {
                let last = last_lines(stderr);
                if status.signal() == Some(libc::SIGILL) {
                    (LegOutcome::IllegalInstruction, last)
                } else if status.code() == Some(ExitCode::Bug as i32) {
                    (LegOutcome::Broken, format!("a bug in crcheck: {last}"))
                } else {
                    let last = if last.is_empty() {
                        "nothing on stderr"
                    } else {
                        &last
                    };
                    let reason = format!(
                        "{subcommand} ended with {status}, and what it printed is not understood: \
                         {last}"
                    );
                    return EarlyEnd::new(LegOutcome::Broken, reason);
                }
            }
        };
        EarlyEnd::new(outcome, format!("{subcommand}: {reason}"))
    }
}
