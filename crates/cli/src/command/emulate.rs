//! `crcheck emulate`.

use crate::exit::end_like;
use crate::failure::Failure;
use crate::options::{ReportOptions, heading};
use crate::progress::Progress;
use crate::reports::Reports;
use crate::stderr::tell;
use crate::{interrupt, parse, seed};
use clap::Args;
use crcheck_emulate::emulator::{Complaint, EmulatorKind, Installed};
use crcheck_emulate::leg_options::LegOptions;
use crcheck_emulate::leg_outcome::LegOutcome;
use crcheck_emulate::matrix::{Cpu, Matrix};
use crcheck_emulate::purity::TierPurity;
use crcheck_emulate::report::{EmulateReport, LegReport};
use crcheck_emulate::run;
use crcheck_emulate::saved_cases::SavedCases;
use crcheck_emulate::selection::CpuSelection;
use crcheck_emulate::workers::{Workers, choose, choose_for_program, this_program};
use crcheck_harness::check::depth::DepthName;
use crcheck_harness::check::saved::load;
use crcheck_harness::platform::emulation::EMULATED_VARIABLE;
use crcheck_harness::platform::leftovers::ScratchFolder;
use crcheck_harness::report::verdict::ExitCode;
use crcheck_harness::report::{Format, Skipped};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Repeat `verify` on other CPUs: emulated or interpreted ones, or this CPU with features hidden
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n\
\x20 crcheck emulate\n\
\x20 crcheck emulate --cpu haswell,zen2 --require haswell\n\
\x20 crcheck emulate --cpu ice-lake,zen4 --emulator interpret\n\
\x20 crcheck emulate --cpu nehalem -- replay corpus\n\
\x20 crcheck emulate --purity")]
pub(crate) struct Emulate {
    /// Run this command of crcheck on the CPU, instead of `verify`
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
    #[command(flatten)]
    cpus: CpuOptions,
    #[command(flatten)]
    task: TaskOptions,
    /// Stop a program that runs longer than this on a CPU [default: 2m at depth quick, else 6h]
    #[arg(
        long,
        value_name = "TIME",
        value_parser = parse::duration,
        help_heading = heading::LIMITS
    )]
    deadline: Option<Duration>,
    #[command(flatten)]
    report: ReportOptions,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "CPUs")]
struct CpuOptions {
    /// Run on this CPU. Repeatable [default: every CPU of the workers' architectures]
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    cpu: Vec<String>,
    /// Run on the CPUs of this architecture. Repeatable [default: those of the workers]
    #[arg(long, value_name = "ARCH", value_delimiter = ',')]
    arch: Vec<String>,
    /// Exit with code 3 if one of these CPUs is not available here. Without names: if any
    /// selected CPU is not
    #[arg(long, value_name = "NAME", num_args = 0.., value_delimiter = ',')]
    require: Option<Vec<String>>,
    /// Use these emulators, with commas between them: auto, sde, qemu, mask, interpret
    #[arg(long, value_name = "NAME", default_value = "auto", value_parser = kinds)]
    emulator: Kinds,
    /// Read the CPUs from this file instead of the built-in matrix
    #[arg(long, value_name = "FILE")]
    matrix: Option<PathBuf>,
}

#[derive(Args, Debug)]
#[command(next_help_heading = heading::RUN)]
struct TaskOptions {
    /// How far to go: quick (lengths to 640), default (to 4096) or deep (to 65536)
    #[arg(long, default_value = "quick", value_parser = parse::depth)]
    depth: DepthName,
    /// Judge every tier of the CPU at --depth. Otherwise only the chosen tier goes that far; the
    /// others stay at depth default, and do not run at depth quick
    #[arg(long)]
    all_tiers: bool,
    /// Seed of everything that is random [default: a new one, which crcheck prints]
    #[arg(long, value_parser = parse::seed)]
    seed: Option<u64>,
    /// Judge the saved cases of this folder [default: corpus if it exists, else the seeds of every
    /// fuzz target]
    #[arg(long, value_name = "DIR")]
    corpus: Option<PathBuf>,
    /// Run this crcheck on the CPUs of its architecture; with a COMMAND, any program. One for each
    /// architecture [default: this crcheck]
    #[arg(long, value_name = "PATH")]
    worker: Vec<PathBuf>,
    /// Search the tiers' machine code for instructions that they do not declare, and stop
    #[arg(long)]
    purity: bool,
    /// Print which emulator would run each CPU, and stop
    #[arg(long)]
    list: bool,
}

/// The emulators to try.
#[derive(Clone, Debug)]
struct Kinds(Vec<EmulatorKind>);

fn kinds(name: &str) -> Result<Kinds, String> {
    if name == "auto" {
        return Ok(Kinds(EmulatorKind::ALL.to_vec()));
    }
    let kinds: Result<Vec<EmulatorKind>, String> = name.split(',').map(str::parse).collect();
    kinds.map(Kinds)
}

impl CpuOptions {
    fn selection(&self) -> CpuSelection<'_> {
        CpuSelection {
            names: &self.cpu,
            archs: &self.arch,
            required: self.require.as_deref(),
        }
    }
}

impl Emulate {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let mut formats = self.report.format.iter();
        if formats.any(|wanted| wanted.format == Format::Sarif) {
            let message = "SARIF is about one run on source code, and `emulate` is about CPUs: \
                           take another format";
            return Err(Failure::new(ExitCode::Usage, message));
        }
        let matrix = self
            .cpus
            .matrix
            .as_deref()
            .map_or_else(|| Ok(Matrix::built_in()), Matrix::read)?;
        let workers = Workers::find(&self.task.worker)?;
        let cpus = self.cpus.selection().select(&matrix, &workers)?;
        let installed = workers.installed(&this_program()?, self.cpus.matrix.as_deref());
        if self.runs_command() {
            return self.run_command(&cpus, &installed, &workers);
        }
        let inputs = self.cpus.matrix.iter().chain(&self.task.worker);
        let inputs: Vec<PathBuf> = inputs.cloned().collect();
        let output = Reports::open(&self.report.format, &self.report.output, &inputs)?;
        if self.task.list {
            return Ok(self.print_list(&cpus, &installed, output));
        }
        let (purity, skipped) = workers.purity();
        if self.task.purity {
            let report = EmulateReport::of_purity(purity, skipped);
            return Ok(self.finish(&report, output));
        }
        self.judge(&cpus, &installed, &workers, (purity, skipped), output)
    }

    fn judge(
        &self,
        cpus: &[&Cpu],
        installed: &BTreeMap<String, Installed>,
        workers: &Workers,
        (purity, skipped): (Vec<TierPurity>, Vec<Skipped>),
        output: Reports,
    ) -> Result<ExitCode, Failure> {
        let seed = self.task.seed.unwrap_or_else(seed::fresh);
        let progress = Progress::new(&self.report.output, cpus.len() as u64);
        // Whoever reads the line may interrupt the run that it announces.
        let interrupted = interrupt::flag();
        if !self.report.output.quiet {
            progress.print_line(&format!(
                "crcheck emulate: seed {seed:#x}, depth {}, {} CPUs",
                self.task.depth,
                cpus.len()
            ));
        }
        let saved = SavedCases::find(self.task.corpus.as_deref())?;
        let scratch = temporary_folder()?;
        let task = LegOptions {
            workers: workers.by_arch(),
            corpus: saved.path(),
            corpus_cases: load::load(&[saved.path().to_owned()], None)?.items.len(),
            depth: self.task.depth,
            judges_all_tiers: self.task.all_tiers,
            seed,
            deadline: self.deadline(),
            artifacts: &self.report.artifacts,
            scratch: scratch.path(),
            interrupted,
        };
        let output = Mutex::new(output);
        let on_end = |leg: &LegReport| {
            if !self.report.output.quiet {
                progress.print_line(&format!(
                    "{}: {} ({:.1} s)",
                    leg.cpu, leg.outcome, leg.seconds
                ));
            }
            let line = serde_json::json!({ "event": "leg", "leg": leg });
            let mut output = output.lock().expect("no panic while held");
            output.write_line(&format!("{line}\n"));
        };
        let kinds = &self.cpus.emulator.0;
        let mut legs = run::run(cpus, installed, kinds, &purity, &task, &on_end);
        for leg in &mut legs {
            leg.is_required = self.cpus.selection().is_required(&leg.cpu);
        }
        progress.finish();
        let has_result = legs
            .iter()
            .any(|leg| !matches!(leg.outcome, LegOutcome::Incomplete | LegOutcome::Skipped));
        let mut report =
            EmulateReport::of_legs(legs, purity, skipped, self.task.depth.to_string(), seed);
        if interrupted.load(Ordering::Relaxed) && !has_result {
            report.exit_code = ExitCode::Interrupted;
        }
        let output = output.into_inner().expect("no panic while held");
        Ok(self.finish(&report, output))
    }

    fn deadline(&self) -> Duration {
        self.deadline.unwrap_or(match self.task.depth {
            DepthName::Quick => Duration::from_secs(120),
            _ => Duration::from_secs(6 * 3600),
        })
    }

    fn finish(&self, report: &EmulateReport, output: Reports) -> ExitCode {
        let render = |format| match format {
            Format::Human => report.human(),
            Format::Json => report.json(true),
            Format::Jsonl => report.json(false),
            Format::Junit => report.junit(),
            Format::Markdown => report.markdown(),
            Format::Html => report.html(),
            Format::Github => report.github(),
            Format::Sarif => unreachable!("`run` refuses it"),
        };
        output.finish_texts(report.exit_code, &render, &|| report.human())
    }

    fn print_list(
        &self,
        cpus: &[&Cpu],
        installed: &BTreeMap<String, Installed>,
        output: Reports,
    ) -> ExitCode {
        let mut text = String::new();
        for cpu in cpus {
            let how = match choose(cpu, installed, &self.cpus.emulator.0) {
                Ok(emulator) => format!("{} {}", emulator.kind(), emulator.version()),
                Err(reason) => format!("skipped ({reason})"),
            };
            text += &format!("{:<22} {:<20} {how}\n", cpu.name, cpu.tier.name());
        }
        let code = if cpus.is_empty() {
            ExitCode::Nothing
        } else {
            ExitCode::Passed
        };
        output.finish_list(&text, code)
    }

    /// Whether it runs another command or program.
    pub(crate) fn runs_command(&self) -> bool {
        !self.command.is_empty()
    }

    /// Runs another command or program on one CPU, and ends with its exit code.
    fn run_command(
        &self,
        cpus: &[&Cpu],
        installed: &BTreeMap<String, Installed>,
        workers: &Workers,
    ) -> Result<ExitCode, Failure> {
        let [cpu] = cpus else {
            return Err(Failure::new(
                ExitCode::Usage,
                "a command runs on one CPU: name it with --cpu",
            ));
        };
        let unavailable = |reason: String| {
            let name = &cpu.name;
            Failure::new(
                ExitCode::Unavailable,
                format!("{name} is not available here: {reason}"),
            )
        };
        let (emulator, launch) =
            choose_for_program(cpu, installed, &self.cpus.emulator.0).map_err(unavailable)?;
        if !self.report.output.quiet {
            tell(format_args!(
                "crcheck emulate: {} by {} {}",
                cpu.title,
                emulator.kind(),
                emulator.version()
            ));
        }
        let mut command = launch.command(&workers.by_arch()[&cpu.arch]);
        command
            .args(&self.command)
            .env(EMULATED_VARIABLE, &cpu.name);
        command.stderr(Stdio::piped());
        let program = PathBuf::from(command.get_program());
        // From here on a signal is the child's too.
        interrupt::flag();
        let mut child = command
            .spawn()
            .map_err(|error| Failure::io("start", &program, &error))?;
        interrupt::hand_on_to(&child);
        let errors = child.stderr.take().map_or(String::new(), copy_to_stderr);
        let status = child
            .wait()
            .map_err(|error| Failure::io("wait for", Path::new("the emulator"), &error))?;
        match emulator.explain(&errors) {
            Some(Complaint::Illegal(text)) => Err(Failure::new(
                ExitCode::Found,
                format!("an illegal instruction on {}: {text}", cpu.name),
            )),
            Some(Complaint::Broken(text)) => Err(Failure::new(ExitCode::Io, text)),
            None => end_like(status),
        }
    }
}

/// Copies to stderr, and returns a copy.
fn copy_to_stderr(mut from: impl Read) -> String {
    let mut all = Vec::new();
    let mut some = [0; 4096];
    while let Ok(len_bytes @ 1..) = from.read(&mut some) {
        // If stderr is closed, nobody reads it.
        let _ = std::io::Write::write_all(&mut std::io::stderr(), &some[..len_bytes]);
        all.extend_from_slice(&some[..len_bytes]);
    }
    String::from_utf8_lossy(&all).into_owned()
}

fn temporary_folder() -> Result<ScratchFolder, Failure> {
    ScratchFolder::new().map_err(|error| Failure::io("write", &std::env::temp_dir(), &error))
}
