//! `crcheck emulate`.

use crate::failure::Failure;
use crate::interrupt;
use crate::options::{self, Where};
use crate::output::Output;
use crate::progress::Progress;
use clap::Args;
use crcheck_emulate::emulator::{CommandPrefix, Complaint, Emulator, EmulatorKind, Installed};
use crcheck_emulate::leg::LegOptions;
use crcheck_emulate::leg_outcome::LegOutcome;
use crcheck_emulate::matrix::{Cpu, Matrix};
use crcheck_emulate::purity::{self, TierPurity};
use crcheck_emulate::report::{EmulateReport, LegReport};
use crcheck_emulate::run;
use crcheck_harness::corpus;
use crcheck_harness::environment::PLAYED;
use crcheck_harness::hunt::Target;
use crcheck_harness::image::Image;
use crcheck_harness::plan::DepthName;
use crcheck_harness::replay;
use crcheck_harness::report::{Format, Skipped};
use crcheck_harness::verdict::ExitCode;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Repeat the verification on CPUs that are not at hand.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n\
\x20 crcheck emulate\n\
\x20 crcheck emulate --cpu haswell,zen2 --require haswell\n\
\x20 crcheck emulate --cpu nehalem -- replay corpus\n\
\x20 crcheck emulate --purity")]
pub(crate) struct Emulate {
    /// Play this CPU; repeatable [default: every one of the architecture]
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    cpu: Vec<String>,
    /// Play the CPUs of these architectures [default: those of the workers]
    #[arg(long, value_name = "ARCH", value_delimiter = ',')]
    arch: Vec<String>,
    /// auto, sde, qemu or mask
    #[arg(long, value_name = "NAME", default_value = "auto", value_parser = kinds)]
    emulator: Kinds,
    /// Fail with exit code 3 if one of these CPUs cannot be played; without names, if any that was
    /// selected cannot
    #[arg(long, value_name = "NAME", num_args = 0.., value_delimiter = ',')]
    require: Option<Vec<String>>,
    /// quick, default or deep
    #[arg(long, default_value = "quick", value_parser = options::depth)]
    depth: DepthName,
    /// Judge every tier that the CPU has at this depth, and not only the one that is chosen; without
    /// it the others are judged at depth default, and at depth quick not at all
    #[arg(long)]
    all_tiers: bool,
    /// The seed of all that is random [default: a new one, printed]
    #[arg(long, value_parser = options::seed)]
    seed: Option<u64>,
    /// How long one program may run on a CPU [default: 2m at depth quick, else 6h]
    #[arg(long, value_name = "TIME", value_parser = options::duration)]
    deadline: Option<Duration>,
    /// The saved cases [default: corpus, if it is there, else the seeds of every fuzz target]
    #[arg(long, value_name = "DIR")]
    corpus: Option<PathBuf>,
    /// Another matrix of CPUs than the built-in one
    #[arg(long, value_name = "FILE")]
    matrix: Option<PathBuf>,
    /// The program that runs on the CPUs: a crcheck of another architecture, or with COMMAND any
    /// program; one for each architecture [default: this crcheck]
    #[arg(long, value_name = "PATH")]
    worker: Vec<PathBuf>,
    /// Print what would play each CPU, and stop
    #[arg(long)]
    list: bool,
    /// Read the machine code of the tiers for instructions that they do not declare, and stop
    #[arg(long)]
    purity: bool,
    #[command(flatten)]
    form: Where,
    /// Run this command of crcheck on the CPU, instead of the verification
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// The emulators that may be used.
#[derive(Clone, Debug)]
struct Kinds(Vec<EmulatorKind>);

fn kinds(name: &str) -> Result<Kinds, String> {
    if name == "auto" {
        return Ok(Kinds(EmulatorKind::ALL.to_vec()));
    }
    name.parse().map(|kind| Kinds(vec![kind]))
}

impl Emulate {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let matrix = self
            .matrix
            .as_deref()
            .map_or_else(|| Ok(Matrix::built_in()), Matrix::read)?;
        let workers = Workers::find(&self.worker)?;
        let cpus = self.cpus(&matrix, &workers)?;
        let installed = self.installed(&workers)?;
        if !self.command.is_empty() {
            return self.run_command(&cpus, &installed, &workers);
        }
        let output = Output::open(&self.form)?;
        if self.list {
            return Ok(self.print_list(&cpus, &installed, output));
        }
        let (purity, skipped) = workers.purity();
        if self.purity {
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
        output: Output,
    ) -> Result<ExitCode, Failure> {
        let seed = self.seed.unwrap_or_else(options::fresh_seed);
        let progress = Progress::new(&self.form, cpus.len() as u64);
        if !self.form.quiet {
            progress.say(&format!(
                "crcheck emulate: seed {seed:#x}, depth {}, {} CPUs",
                self.depth,
                cpus.len()
            ));
        }
        let corpus = Corpus::find(self.corpus.as_deref())?;
        let scratch = temporary_folder()?;
        let interrupted = interrupt::flag()?;
        let is_quick = self.depth == DepthName::Quick;
        let options = LegOptions {
            workers: &workers.0,
            corpus: corpus.path(),
            corpus_cases: replay::load(&[corpus.path().to_owned()], None)?.len(),
            depth: self.depth,
            judges_all_tiers: self.all_tiers,
            seed,
            deadline: self.deadline.unwrap_or(if is_quick {
                Duration::from_secs(120)
            } else {
                Duration::from_secs(6 * 3600)
            }),
            artifacts: &self.form.artifacts,
            scratch: scratch.path(),
            interrupted: &interrupted,
        };
        let output = Mutex::new(output);
        let on_end = |leg: &LegReport| {
            if !self.form.quiet {
                progress.say(&format!(
                    "{}: {} ({:.1} s)",
                    leg.cpu, leg.outcome, leg.seconds
                ));
            }
            if self.form.format == Format::Jsonl {
                let line = serde_json::json!({ "event": "leg", "leg": leg });
                output
                    .lock()
                    .expect("no panic while held")
                    .line(&format!("{line}\n"));
            }
        };
        let mut legs = run::run(
            cpus,
            installed,
            &self.emulator.0,
            &purity,
            &options,
            &on_end,
        );
        for leg in &mut legs {
            leg.is_required = self.is_required(&leg.cpu);
        }
        progress.finish();
        let has_result = legs
            .iter()
            .any(|leg| !matches!(leg.outcome, LegOutcome::Incomplete | LegOutcome::Skipped));
        let mut report =
            EmulateReport::of_legs(legs, purity, skipped, self.depth.to_string(), seed);
        if interrupted.load(Ordering::Relaxed) && !has_result {
            report.exit_code = ExitCode::Interrupted;
        }
        let output = output.into_inner().expect("no panic while held");
        Ok(self.finish(&report, output))
    }

    fn finish(&self, report: &EmulateReport, output: Output) -> ExitCode {
        let text = match self.form.format {
            Format::Human => report.human(),
            Format::Json => report.json(true),
            Format::Jsonl => report.json(false),
            Format::Junit => report.junit(),
            Format::Markdown => report.markdown(),
            Format::Html => report.html(),
            Format::Github => report.github(),
        };
        output.finish_text(&text, report.exit_code)
    }

    fn is_required(&self, cpu: &str) -> bool {
        let named = |names: &Vec<String>| names.is_empty() || names.iter().any(|name| name == cpu);
        self.require.as_ref().is_some_and(named)
    }

    /// The CPUs that the options name: those of the workers' architectures if they name none.
    fn cpus<'m>(&self, matrix: &'m Matrix, workers: &Workers) -> Result<Vec<&'m Cpu>, Failure> {
        let required = self.require.iter().flatten();
        for name in required.clone().chain(&self.cpu) {
            matrix.named(name)?;
        }
        for arch in &self.arch {
            if !matrix.cpus().iter().any(|cpu| cpu.arch == *arch) {
                let message = format!("the matrix has no CPU of the architecture `{arch}`");
                return Err(Failure::new(ExitCode::Usage, message));
            }
        }
        let is_named = |cpu: &&Cpu| self.cpu.is_empty() || self.cpu.contains(&cpu.name);
        let is_required = |cpu: &&Cpu| required.clone().any(|name| *name == cpu.name);
        let is_of_arch = |cpu: &&Cpu| {
            if self.arch.is_empty() {
                workers.0.contains_key(&cpu.arch)
            } else {
                self.arch.contains(&cpu.arch)
            }
        };
        let cpus = matrix.cpus().iter();
        let selected: Vec<&Cpu> = cpus
            .filter(|cpu| is_required(cpu) || (is_named(cpu) && is_of_arch(cpu)))
            .collect();
        let missed = self.cpu.iter().find_map(|name| {
            let cpu = matrix.named(name).ok()?;
            (!selected.iter().any(|other| other.name == cpu.name)).then_some(cpu)
        });
        if let Some(cpu) = missed {
            let given: Vec<&str> = workers.0.keys().map(String::as_str).collect();
            return Err(Failure::new(
                ExitCode::Usage,
                format!(
                    "{} is a CPU of {}, and the program that should run on it is for {}",
                    cpu.name,
                    cpu.arch,
                    given.join(", ")
                ),
            ));
        }
        Ok(selected)
    }

    fn installed(&self, workers: &Workers) -> Result<BTreeMap<String, Installed>, Failure> {
        let masker = this_program()?;
        let find = |arch: &String| {
            let found = Installed::find(arch, &masker, self.matrix.as_deref());
            (arch.clone(), found)
        };
        Ok(workers.0.keys().map(find).collect())
    }

    fn print_list(
        &self,
        cpus: &[&Cpu],
        installed: &BTreeMap<String, Installed>,
        output: Output,
    ) -> ExitCode {
        let mut text = String::new();
        for cpu in cpus {
            let how = match choose(cpu, installed, &self.emulator.0) {
                Ok((emulator, _)) => format!("{} {}", emulator.kind(), emulator.version()),
                Err(reason) => format!("skipped ({reason})"),
            };
            text += &format!("{:<22} {:<20} {how}\n", cpu.name, cpu.tier.name());
        }
        let code = if cpus.is_empty() {
            ExitCode::Nothing
        } else {
            ExitCode::Passed
        };
        output.finish_text(&text, code)
    }

    /// Another command, or another program, on one CPU; its exit code is this one's.
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
                format!("{name} cannot be played here: {reason}"),
            )
        };
        let (emulator, prefix) = choose(cpu, installed, &self.emulator.0).map_err(unavailable)?;
        if !self.form.quiet {
            eprintln!(
                "crcheck emulate: {} by {} {}",
                cpu.title,
                emulator.kind(),
                emulator.version()
            );
        }
        let mut command = prefix.command(&workers.0[&cpu.arch]);
        command.args(&self.command).env(PLAYED, &cpu.name);
        command.stderr(Stdio::piped());
        // What a terminal interrupts is the program: this waits for what it makes of it.
        let _interrupted = interrupt::flag()?;
        let program = PathBuf::from(command.get_program());
        let mut child = command
            .spawn()
            .map_err(|error| Failure::io("start", &program, &error))?;
        let told = child.stderr.take().map_or(String::new(), pass_on);
        let status = child
            .wait()
            .map_err(|error| Failure::io("wait for", Path::new("the emulator"), &error))?;
        match emulator.explain(&told) {
            Some(Complaint::Illegal(told)) => Err(Failure::new(
                ExitCode::Fault,
                format!("an illegal instruction on {}: {told}", cpu.name),
            )),
            Some(Complaint::Broken(told)) => Err(Failure::new(ExitCode::Io, told)),
            None => end_like(status),
        }
    }
}

/// Ends with the exit code of a program, or by the signal that it died of.
pub(crate) fn end_like(status: ExitStatus) -> Result<ExitCode, Failure> {
    if let Some(code) = status.code() {
        std::process::exit(code);
    }
    let signal = status.signal().unwrap_or_default();
    Err(Failure::new(
        if signal == 4 {
            ExitCode::Fault
        } else {
            ExitCode::Io
        },
        format!("the program died of signal {signal}"),
    ))
}

/// Copies to stderr, and answers what was copied.
fn pass_on(mut from: impl Read) -> String {
    let mut all = Vec::new();
    let mut some = [0; 4096];
    while let Ok(len_bytes @ 1..) = from.read(&mut some) {
        // If stderr is gone there is nobody to tell.
        let _ = std::io::Write::write_all(&mut std::io::stderr(), &some[..len_bytes]);
        all.extend_from_slice(&some[..len_bytes]);
    }
    String::from_utf8_lossy(&all).into_owned()
}

fn choose<'i>(
    cpu: &Cpu,
    installed: &'i BTreeMap<String, Installed>,
    kinds: &[EmulatorKind],
) -> Result<(&'i dyn Emulator, CommandPrefix), String> {
    installed
        .get(&cpu.arch)
        .ok_or_else(|| format!("there is no program for {} (--worker)", cpu.arch))?
        .choose(kinds, cpu)
}

fn temporary_folder() -> Result<tempfile::TempDir, Failure> {
    tempfile::tempdir().map_err(|error| Failure::io("write", &std::env::temp_dir(), &error))
}

fn this_program() -> Result<PathBuf, Failure> {
    std::env::current_exe()
        .map_err(|error| Failure::io("find", Path::new("/proc/self/exe"), &error))
}

/// The programs that run on the CPUs, by architecture.
struct Workers(BTreeMap<String, PathBuf>);

impl Workers {
    fn find(given: &[PathBuf]) -> Result<Self, Failure> {
        if given.is_empty() {
            let arch = std::env::consts::ARCH.to_owned();
            return Ok(Self(BTreeMap::from([(arch, this_program()?)])));
        }
        let mut workers = BTreeMap::new();
        for path in given {
            let path = path
                .canonicalize()
                .map_err(|error| Failure::io("read", path, &error))?;
            let image = Image::read(&path).map_err(|error| Failure::io("run", &path, &error))?;
            if workers
                .insert(image.arch.to_owned(), path.clone())
                .is_some()
            {
                let message = format!("{} is a second worker for {}", path.display(), image.arch);
                return Err(Failure::new(ExitCode::Usage, message));
            }
        }
        Ok(Self(workers))
    }

    /// What the machine code of the tiers executes.
    fn purity(&self) -> (Vec<TierPurity>, Vec<Skipped>) {
        let mut read = Vec::new();
        let mut skipped = Vec::new();
        for (arch, path) in &self.0 {
            if arch != "x86_64" {
                skipped.push(Skipped {
                    what: format!("purity of {}", path.display()),
                    reason: format!("the machine code of {arch} cannot be read here"),
                    required: false,
                });
                continue;
            }
            match Image::read(path) {
                Ok(image) => read.extend(purity::check_tiers(&image)),
                Err(error) => skipped.push(Skipped {
                    what: format!("purity of {}", path.display()),
                    reason: error.to_string(),
                    required: false,
                }),
            }
        }
        (read, skipped)
    }
}

/// The saved cases that legs judge again.
enum Corpus {
    Saved(PathBuf),
    /// The seeds, written for this run.
    Seeds(tempfile::TempDir),
}

impl Corpus {
    fn find(given: Option<&Path>) -> Result<Self, Failure> {
        let path = given.unwrap_or_else(|| Path::new("corpus"));
        if given.is_some() || path.is_dir() {
            let path = path
                .canonicalize()
                .map_err(|error| Failure::io("read", path, &error))?;
            return Ok(Self::Saved(path));
        }
        let folder = temporary_folder()?;
        for target in Target::ALL {
            if target.has_corpus() {
                corpus::write_seeds(folder.path(), target)
                    .map_err(|error| Failure::io("write", folder.path(), &error))?;
            }
        }
        Ok(Self::Seeds(folder))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Saved(path) => path,
            Self::Seeds(folder) => folder.path(),
        }
    }
}
