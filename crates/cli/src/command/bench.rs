//! `crcheck bench`.

use crate::failure::Failure;
use crate::options::{OutputOptions, SubjectOptions, default_to_tiers, heading, hide_foreign};
use crate::output::Output;
use crate::progress::Progress;
use crate::subjects::Subjects;
use crate::{interrupt, parse, seed};
use clap::{Args, ValueEnum};
use crcheck_bench::contender::{Contender, ContenderKind, ExpectedChecksums};
use crcheck_bench::limits::Limits;
use crcheck_bench::report::{BenchReport, Comparison, Machine, NotTimed, Refusal};
use crcheck_bench::run::{self, BenchControl, BenchPlan, Samples};
use crcheck_bench::scenario::{Mode, Scenario, parse_size};
use crcheck_bench::{Memory, compare, nearest, pin};
use crcheck_harness::check::checks::CheckSet;
use crcheck_harness::check::control::Control;
use crcheck_harness::check::depth::{Depth, DepthName};
use crcheck_harness::check::plan::Plan;
use crcheck_harness::check::run as verification;
use crcheck_harness::report::environment::Environment;
use crcheck_harness::report::verdict::ExitCode;
use crcheck_harness::report::{Facts, FindingReport, Report as Verified};
use crcheck_harness::subject::{Subject, SubjectName};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Measure how fast the tiers are, beside peers and the limits of this machine
#[derive(Args, Debug)]
#[command(
    mut_args(hide_foreign),
    mut_arg("tier", default_to_tiers),
    after_help = "A kernel that fails verification gets no figure.\n\
\n\
Examples:\n\
\x20 crcheck bench --size 64,4096 --budget 2s\n\
\x20 crcheck bench --format json --output base.json\n\
\x20 crcheck bench --compare base.json"
)]
pub(crate) struct Bench {
    #[command(flatten)]
    subject: SubjectOptions,
    #[command(flatten)]
    rows: RowOptions,
    /// Measure for this long. A longer time gives less noise
    #[arg(
        long,
        value_name = "TIME",
        default_value = "20s",
        value_parser = parse::duration,
        help_heading = heading::LIMITS
    )]
    budget: Duration,
    #[command(flatten)]
    base: BaseOptions,
    /// Format of the report: human, json, jsonl, markdown or html
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "human",
        hide_possible_values = true,
        help_heading = heading::REPORTS
    )]
    format: BenchFormat,
    #[command(flatten)]
    output: OutputOptions,
}

#[derive(Args, Debug)]
#[command(next_help_heading = heading::RUN)]
struct RowOptions {
    /// Measure messages of these sizes, such as 64,4096,4K,1M [default: as the mode says]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = parse_size)]
    size: Vec<usize>,
    /// Measure in this mode: throughput, latency, random, flushed or guard. Repeatable [default:
    /// all modes]
    #[arg(long, value_name = "MODE", value_delimiter = ',', value_parser = mode)]
    mode: Vec<Mode>,
    /// Start messages at these addresses modulo 64. 0,1 measures both
    #[arg(
        long,
        value_name = "LIST",
        default_value = "0",
        value_delimiter = ',',
        value_parser = offset
    )]
    offset: Vec<usize>,
    /// Stay on this core [default: the core that the program starts on]
    #[arg(long, value_name = "NUMBER")]
    core: Option<usize>,
    /// Seed of everything that is random [default: a new one, which crcheck prints]
    #[arg(long, value_parser = parse::seed)]
    seed: Option<u64>,
    /// Print what would be measured, and stop
    #[arg(long)]
    list: bool,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Comparison")]
struct BaseOptions {
    /// Compare with this JSON report of another run, and exit with code 1 if a tier is slower
    #[arg(long, value_name = "BASE.json")]
    compare: Option<PathBuf>,
    /// Ignore changes below this part of the base
    #[arg(
        long,
        value_name = "PART",
        default_value_t = compare::TOLERANCE,
        value_parser = tolerance
    )]
    tolerance: f64,
}

/// A format of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum BenchFormat {
    Human,
    Json,
    Jsonl,
    Markdown,
    Html,
}

impl Bench {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        if self.subject.has_foreign() {
            let text = "bench measures kernels in its own process: --lib and --cmd are called in \
                        another one, and the way there would count";
            return Err(Failure::new(ExitCode::Usage, text));
        }
        let subjects = Subjects::select(&self.subject)?;
        let (scenarios, refused_sizes) = self.scenarios();
        let base = self.base.compare.as_deref().map(read).transpose()?;
        let output = Output::open(&self.output)?;
        let seed = self.rows.seed.unwrap_or_else(seed::fresh);
        let mut report = BenchReport::empty(machine(), seed);
        report.skipped = skipped(&subjects).chain(refused_sizes).collect();
        if self.rows.list {
            return Ok(print_list(&subjects, &scenarios, &report, output));
        }
        let mut measurement = Measurement {
            bench: &self,
            interrupted: interrupt::flag()?,
            progress: Progress::new(&self.output, self.budget.as_secs()),
            seed,
            report,
        };
        let code = measurement.run(subjects, scenarios, base.as_ref())?;
        measurement.progress.finish();
        let Measurement { mut report, .. } = measurement;
        report.verdict = code.verdict().to_string();
        let text = match self.format {
            BenchFormat::Human => report.human(),
            BenchFormat::Json => report.json(true),
            BenchFormat::Jsonl => report.json(false),
            BenchFormat::Markdown => report.markdown(),
            BenchFormat::Html => report.html(),
        };
        Ok(output.finish_text(&text, code))
    }

    /// The rows, and what cannot be a row.
    fn scenarios(&self) -> (Vec<Scenario>, Vec<NotTimed>) {
        let modes = if self.rows.mode.is_empty() {
            Mode::ALL.to_vec()
        } else {
            self.rows.mode.clone()
        };
        let mut scenarios = Vec::new();
        let mut skipped = Vec::new();
        for mode in modes {
            let sizes = if self.rows.size.is_empty() {
                mode.sizes()
            } else {
                &self.rows.size
            };
            let offsets = if mode.takes_an_offset() {
                &self.rows.offset[..]
            } else {
                &[0]
            };
            for &size_bytes in sizes {
                let scenario = |offset_bytes: usize| Scenario {
                    mode,
                    size_bytes,
                    offset_bytes,
                };
                if let Some(reason) = mode.refusal(size_bytes) {
                    skipped.push(NotTimed {
                        what: scenario(0).to_string(),
                        reason,
                        is_required: false,
                    });
                    continue;
                }
                for scenario in offsets.iter().copied().map(scenario) {
                    if !scenarios.contains(&scenario) {
                        scenarios.push(scenario);
                    }
                }
            }
        }
        (scenarios, skipped)
    }
}

/// A run of `bench`.
struct Measurement<'a> {
    bench: &'a Bench,
    interrupted: Arc<AtomicBool>,
    progress: Progress,
    seed: u64,
    report: BenchReport,
}

impl Measurement<'_> {
    /// Verifies, measures and compares. Returns the exit code.
    fn run(
        &mut self,
        subjects: Subjects,
        scenarios: Vec<Scenario>,
        base: Option<&BenchReport>,
    ) -> Result<ExitCode, Failure> {
        let is_required_missing = self
            .report
            .skipped
            .iter()
            .any(|skipped| skipped.is_required);
        let mut code = if is_required_missing {
            ExitCode::Unavailable
        } else {
            ExitCode::Passed
        };
        if subjects.available.is_empty() || scenarios.is_empty() {
            return Ok(code.and(ExitCode::Nothing));
        }
        if !self.bench.output.quiet {
            self.progress.print_line(&format!(
                "crcheck bench: seed {:#x}, {} subjects to verify, {} rows, {} s",
                self.seed,
                subjects.available.len(),
                scenarios.len(),
                self.bench.budget.as_secs_f64()
            ));
        }
        let subjects = match self.verify(subjects.available)? {
            Some(subjects) => subjects,
            None => return Ok(ExitCode::Interrupted),
        };
        let contenders = self.contenders(subjects, &scenarios)?;
        if !self.report.refused.is_empty() {
            code = ExitCode::Found;
        }
        if !contenders
            .iter()
            .any(|contender| contender.kind == ContenderKind::Subject)
        {
            return Ok(code);
        }
        self.report.machine.core = self.pin()?;
        let limits = Limits::measure().map_err(no_memory)?;
        let samples = self.sample(&contenders, scenarios)?;
        self.report.take_samples(limits, &contenders, &samples);
        code = code.and(match (self.is_interrupted(), self.report.rows.is_empty()) {
            (true, true) => ExitCode::Interrupted,
            (true, false) => ExitCode::Incomplete,
            (false, _) if samples.is_complete => ExitCode::Passed,
            (false, _) => ExitCode::Incomplete,
        });
        match base {
            Some(base) => Ok(code.and(self.compare(base, &contenders)?)),
            None => Ok(code),
        }
    }

    fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// The subjects that pass a quick verification; `None` if it was interrupted.
    fn verify(
        &mut self,
        subjects: Vec<Box<dyn Subject>>,
    ) -> Result<Option<Vec<Box<dyn Subject>>>, Failure> {
        let depth = Depth::of(DepthName::Quick);
        let plan = Plan {
            max_stack_bytes: None,
            depth,
            checks: CheckSet::all(),
            seed: self.seed,
        };
        let control = Control {
            cancelled: &self.interrupted,
            deadline: None,
            on_event: &|event| self.progress.show_event(event),
        };
        let results = verification::run(&subjects, &plan, &control)?;
        if self.is_interrupted() {
            return Ok(None);
        }
        let mut passed = Vec::new();
        for (subject, results) in subjects.into_iter().zip(results) {
            let verified = Verified::new(Facts::of_run(&plan, subject.model(), &results));
            match refusal(&contender_name(&subject.name()), &verified) {
                Some(refusal) => self.report.refused.push(refusal),
                None => passed.push(subject),
            }
        }
        Ok(Some(passed))
    }

    /// The kernels to measure: those that give the right checksum of every message in the rows.
    fn contenders(
        &mut self,
        subjects: Vec<Box<dyn Subject>>,
        scenarios: &[Scenario],
    ) -> Result<Vec<Contender>, Failure> {
        if subjects.is_empty() {
            return Ok(Vec::new());
        }
        let sizes = scenarios.iter().map(|scenario| scenario.size_bytes);
        let memory = Memory::new(sizes.max().unwrap_or(0), self.seed).map_err(no_memory)?;
        let answers = ExpectedChecksums::new(scenarios, &memory);
        let mut contenders: Vec<Contender> = subjects.into_iter().map(contender).collect();
        if self.bench.subject.is_empty() {
            contenders.push(Contender::dispatch());
        }
        contenders.extend(Contender::others());
        let (right, wrong): (Vec<_>, Vec<_>) = contenders
            .into_iter()
            .map(|contender| {
                let checked = contender.check(&answers);
                (contender, checked)
            })
            .partition(|(_, checked)| checked.is_ok());
        let refusals = wrong.into_iter().filter_map(|(contender, checked)| {
            Some(Refusal {
                contender: contender.name,
                reason: checked.err()?.to_string(),
            })
        });
        self.report.refused.extend(refusals);
        Ok(right.into_iter().map(|(contender, _)| contender).collect())
    }

    fn pin(&self) -> Result<Option<usize>, Failure> {
        match (pin::pin(self.bench.rows.core), self.bench.rows.core) {
            (Ok(core), _) => Ok(Some(core)),
            // Without a core of its own the run is noisier, and the report says so.
            (Err(_), None) => Ok(None),
            (Err(error), Some(core)) => Err(Failure::new(
                ExitCode::Usage,
                format!("cannot stay on core {core}: {error}"),
            )),
        }
    }

    fn sample(
        &self,
        contenders: &[Contender],
        scenarios: Vec<Scenario>,
    ) -> Result<Samples, Failure> {
        let plan = BenchPlan {
            scenarios,
            budget: self.bench.budget,
            blocks_max: BLOCKS_MAX,
            seed: self.seed,
        };
        let start = std::time::Instant::now();
        let control = BenchControl {
            cancelled: &self.interrupted,
            on_begin: &|block, scenario| {
                let what = format!("block {}, {scenario}", block + 1);
                if self.bench.output.verbose {
                    self.progress.print_line(&what);
                }
                self.progress.set(start.elapsed().as_secs(), what);
            },
        };
        run::run(contenders, &plan, &control).map_err(no_memory)
    }

    /// Compares with `base`, and measures again what seems slower.
    fn compare(
        &mut self,
        base: &BenchReport,
        contenders: &[Contender],
    ) -> Result<ExitCode, Failure> {
        let path = self.bench.base.compare.clone().unwrap_or_default();
        let tolerance = self.bench.base.tolerance;
        let mut comparison = Comparison {
            base: path.display().to_string(),
            tolerance,
            changes: self.report.changes(base, tolerance),
        };
        let suspects: Vec<Scenario> = comparison.slower().map(|change| change.scenario).collect();
        if !suspects.is_empty() && !self.is_interrupted() {
            let mut scenarios = suspects;
            scenarios.dedup();
            let samples = self.sample(contenders, scenarios)?;
            let mut again = self.report.clone();
            again.take_samples(self.report.limits.clone(), contenders, &samples);
            comparison.confirm(&again.changes(base, tolerance));
        }
        let code = if comparison.changes.is_empty() {
            self.progress.print_line(&format!(
                "{} has no figure for any measured row: nothing is compared",
                path.display()
            ));
            ExitCode::Nothing
        } else if comparison.slower().next().is_some() {
            ExitCode::Found
        } else if comparison.has_unknown() {
            ExitCode::Incomplete
        } else {
            ExitCode::Passed
        };
        self.report.comparison = Some(comparison);
        Ok(code)
    }
}

/// More blocks add no information.
const BLOCKS_MAX: usize = 25;

fn contender(subject: Box<dyn Subject>) -> Contender {
    let name = subject.name();
    // `bench` calls a tier directly, as programs that link the kernel do.
    if let SubjectName::Tier(tier) = name
        && let Some(native) = Contender::tier(tier)
    {
        return native;
    }
    let checksum = move |message: &[u8]| subject.update(0, message) as u32;
    Contender::new(
        contender_name(&name),
        ContenderKind::Subject,
        Box::new(checksum),
    )
}

/// The name of a column: that of a tier without what says that it is one.
fn contender_name(name: &SubjectName) -> String {
    match name {
        SubjectName::Tier(tier) => tier.to_string(),
        SubjectName::EmulatedTier(tier) => format!("emu:{tier}"),
        other => other.to_string(),
    }
}

/// Why a subject gets no figure: its first finding, or an incomplete verification.
fn refusal(name: &str, verified: &Verified) -> Option<Refusal> {
    if verified.exit_code == ExitCode::Passed {
        return None;
    }
    let reason = match verified.findings.first() {
        Some(finding) => describe(finding),
        None => format!("verify: {}", verified.verdict),
    };
    Some(Refusal {
        contender: name.to_owned(),
        reason,
    })
}

fn describe(finding: &FindingReport) -> String {
    let cell = &finding.cell;
    let values = finding.expected.as_ref().zip(finding.got.as_ref());
    let values = values.map_or(String::new(), |(expected, got)| {
        format!(": expected {expected}, got {got}")
    });
    format!(
        "{} (check {}) at {} bytes, alignment {}{values}; {}",
        finding.kind, finding.check, cell.length, cell.alignment, finding.diagnosis.summary
    )
}

fn machine() -> Machine {
    let here = Environment::of_this_process();
    Machine {
        crcheck: here.crcheck.to_owned(),
        is_release: !cfg!(debug_assertions),
        arch: here.arch.to_owned(),
        cpu: here.cpu,
        features: here.features.into_iter().map(str::to_owned).collect(),
        tier: here.tier.to_owned(),
        core: None,
    }
}

fn skipped(subjects: &Subjects) -> impl Iterator<Item = NotTimed> {
    subjects.skipped.iter().map(|skipped| NotTimed {
        what: skipped.what.clone(),
        reason: skipped.reason.clone(),
        is_required: skipped.required,
    })
}

fn print_list(
    subjects: &Subjects,
    scenarios: &[Scenario],
    report: &BenchReport,
    output: Output,
) -> ExitCode {
    let mut text = String::new();
    for subject in &subjects.available {
        text += &format!("{}\n", subject.name());
    }
    for other in Contender::others() {
        text += &format!("{} ({:?})\n", other.name, other.kind).to_lowercase();
    }
    for scenario in scenarios {
        text += &format!("{scenario}\n");
    }
    for skipped in &report.skipped {
        text += &format!("skipped {}: {}\n", skipped.what, skipped.reason);
    }
    let code = if report.skipped.iter().any(|skipped| skipped.is_required) {
        ExitCode::Unavailable
    } else if subjects.available.is_empty() || scenarios.is_empty() {
        ExitCode::Nothing
    } else {
        ExitCode::Passed
    };
    output.finish_text(&text, code)
}

fn read(path: &Path) -> Result<BenchReport, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::io("read", path, &error))?;
    BenchReport::from_json(&text)
        .map_err(|error| Failure::new(ExitCode::Io, format!("{}: {error}", path.display())))
}

fn no_memory(error: std::io::Error) -> Failure {
    Failure::new(ExitCode::Io, format!("no memory for messages: {error}"))
}

fn mode(name: &str) -> Result<Mode, String> {
    name.parse::<Mode>().map_err(|error| {
        let near = nearest(name, Mode::ALL.iter().map(|mode| mode.name()));
        near.map_or(error.to_string(), |near| {
            format!("{error}; did you mean `{near}`?")
        })
    })
}

fn offset(text: &str) -> Result<usize, String> {
    let offset = text.parse().ok().filter(|offset| (0..64).contains(offset));
    offset.ok_or_else(|| format!("`{text}` is not an offset: write a number from 0 to 63"))
}

fn tolerance(text: &str) -> Result<f64, String> {
    let part = text.parse().ok().filter(|part| (0.0..10.0).contains(part));
    part.ok_or_else(|| format!("`{text}` is not a tolerance: write a part such as 0.05"))
}
