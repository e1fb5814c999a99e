//! `crcheck bench`.

mod claims;
mod io;
mod io_pass;
mod machine;
mod profile;

use crate::failure::Failure;
use crate::options::{OutputOptions, SubjectOptions, default_to_tiers, heading, hide_foreign};
use crate::progress::Progress;
use crate::report_to::{ReportTo, report_in};
use crate::reports::{Reports, last_line};
use crate::stderr::tell;
use crate::subjects::Subjects;
use crate::{config, interrupt, parse, seed};
use clap::{Args, Subcommand};
use crcheck_bench::contender::Contender;
use crcheck_bench::inject::Injection;
use crcheck_bench::measurement::{Base, Measured, Measurement, Shortfall, check_core};
use crcheck_bench::profile::row_loop::Profile;
use crcheck_bench::report::{BenchReport, NotTimed, Refusal};
use crcheck_bench::run::BenchControl;
use crcheck_bench::scenario::{Mode, Scenario, parse_size};
use crcheck_bench::{RowSelection, compare, nearest};
use crcheck_harness::check::checks::CheckSet;
use crcheck_harness::check::control::Control;
use crcheck_harness::check::depth::{Depth, DepthName};
use crcheck_harness::check::plan::Plan;
use crcheck_harness::check::run as verification;
use crcheck_harness::platform::files::regular;
use crcheck_harness::report::Format;
use crcheck_harness::report::verdict::ExitCode;
use crcheck_harness::report::{Facts, Report, count_in_words, refusal};
use crcheck_harness::subject::{Subject, SubjectName};
use machine::machine;
use profile::{ProfileFiles, ProfileOptions};
use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Measure how fast the tiers are, beside peers and the limits of this machine
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    mut_args(hide_foreign),
    mut_arg("tier", default_to_tiers),
    after_help = "A kernel that fails verification gets no figure.\n\
\n\
Examples:\n\
\x20 crcheck bench --size 64,4096 --budget 2s\n\
\x20 crcheck bench --format json --output base.json\n\
\x20 crcheck bench --compare base.json\n\
\x20 crcheck bench --mode register --size 16,4K --verbose\n\
\x20 crcheck bench --size 1000 --budget 1s --profile graph.svg --profile-stacks stacks.txt\n\
\x20 crcheck bench --size 1000 --inject slow-tail --compare base.json --profile graph.svg"
)]
pub(crate) struct Bench {
    #[command(subcommand)]
    other: Option<OtherBench>,
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
    #[command(flatten)]
    profile: ProfileOptions,
    /// Format of the report: human, json, jsonl, markdown or html. KIND=FILE writes it to this
    /// file. Repeatable
    #[arg(
        long,
        value_name = "KIND[=FILE]",
        default_value = "human",
        value_parser = report_in(&FORMATS),
        help_heading = heading::REPORTS
    )]
    format: Vec<ReportTo>,
    #[command(flatten)]
    output: OutputOptions,
}

/// What else can be measured than tiers.
#[derive(Debug, Subcommand)]
enum OtherBench {
    Io(Box<io::BenchIo>),
    #[command(hide = true)]
    IoPass(io_pass::IoPass),
    Claims(claims::BenchClaims),
}

#[derive(Args, Debug)]
#[command(next_help_heading = heading::RUN)]
struct RowOptions {
    /// Measure messages of these sizes, such as 64,4096,4K,1M [default: depends on
    /// the mode]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = parse_size)]
    size: Vec<usize>,
    /// Measure in this mode: throughput, latency, register, random, flushed or guard. Repeatable
    /// [default: all modes]
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
    /// Slow the tiers down on purpose, to see it in --compare and --profile: slow-tail sums the
    /// bytes behind the last whole 64 bit by bit
    #[arg(long, value_name = "NAME", conflicts_with = "fault", value_parser = injection)]
    inject: Option<Injection>,
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

/// The formats of the report.
const FORMATS: [Format; 5] = [
    Format::Human,
    Format::Json,
    Format::Jsonl,
    Format::Markdown,
    Format::Html,
];

impl Bench {
    pub(crate) fn run(mut self) -> Result<ExitCode, Failure> {
        match self.other {
            Some(OtherBench::Io(io)) => return io.run(),
            Some(OtherBench::IoPass(pass)) => return pass.run(),
            Some(OtherBench::Claims(claims)) => return claims.run(),
            None => {}
        }
        config::take_subjects(&mut self.subject, self.output.quiet)?;
        if self.subject.has_foreign() {
            let text = "bench measures kernels in its own process: --lib and --cmd are called in \
                        another one, and the way there would count";
            return Err(Failure::new(ExitCode::Usage, text));
        }
        check_core(self.rows.core)?;
        let subjects = Subjects::select_kernels(&self.subject)?;
        let (scenarios, refused_sizes) = self.rows.selection().scenarios();
        let base = self.base.compare.as_deref().map(read).transpose()?;
        let inputs: Vec<PathBuf> = self.base.compare.iter().cloned().collect();
        let output = Reports::open(&self.format, &self.output, &inputs)?;
        let own_files = inputs.into_iter().chain(output.files());
        let own_files: Vec<PathBuf> = own_files.collect();
        let profile_files = self.profile.open(&own_files)?;
        let seed = self.rows.seed.unwrap_or_else(seed::fresh);
        let mut report = BenchReport::empty(machine(), seed);
        report.skipped = skipped(&subjects).chain(refused_sizes).collect();
        report.tiers = subjects.tiers().say("timed");
        report.injected = self.rows.inject.map(|injection| injection.to_string());
        if self.rows.list {
            return Ok(print_list(&subjects, &scenarios, &report, output));
        }
        let (mut code, profile) = if subjects.available.is_empty() || scenarios.is_empty() {
            (missing_code(&report).and(ExitCode::Nothing), None)
        } else {
            self.measure(subjects, scenarios, seed, base.as_ref(), &mut report)?
        };
        if let Some(files) = profile_files {
            code = code.and(write_profile(files, profile.as_ref(), &mut report));
        }
        report.verdict = code.verdict().to_string();
        let render = |format| match format {
            Format::Json => report.json(true),
            Format::Jsonl => report.json(false),
            Format::Markdown => report.markdown(),
            Format::Html => report.html(),
            _ => report.human(self.output.verbose),
        };
        let ending = || last_line(&report.human(false));
        Ok(output.finish_texts(code, &render, &ending))
    }

    /// Verifies and measures. Returns the exit code.
    fn measure(
        &self,
        subjects: Subjects,
        scenarios: Vec<Scenario>,
        seed: u64,
        base: Option<&BenchReport>,
        report: &mut BenchReport,
    ) -> Result<(ExitCode, Option<Profile>), Failure> {
        let progress = Progress::new(&self.output, self.budget.as_secs());
        // Whoever reads the line may interrupt the run that it announces.
        let interrupted = interrupt::flag();
        if !self.output.quiet {
            progress.print_line(&format!(
                "crcheck bench: seed {seed:#x}, {} to verify, {}, {} s",
                count_in_words(subjects.available.len(), "subject"),
                count_in_words(scenarios.len(), "row"),
                self.budget.as_secs_f64()
            ));
        }
        let verified = verify(subjects.available, seed, interrupted, &progress)?;
        if interrupted.load(Ordering::Relaxed) {
            progress.finish();
            return Ok((ExitCode::Interrupted, None));
        }
        report.refused.extend(verified.refused);
        let contenders = self.contenders(verified.right);
        let start = OnceCell::new();
        let show = |what: String| {
            if self.output.verbose {
                progress.print_line(&what);
            }
            let start = start.get_or_init(Instant::now);
            progress.set(start.elapsed().as_secs(), what);
        };
        let show_profile = |scenario: &Scenario, subject: &Contender| {
            show(format!("profile, {scenario}, {}", subject.name));
        };
        let base_path = self.base.compare.clone().unwrap_or_default();
        let measurement = Measurement {
            scenarios,
            budget: self.budget,
            core: self.rows.core,
            seed,
            base: base.map(|report| Base {
                name: base_path.display().to_string(),
                report,
                tolerance: self.base.tolerance,
            }),
            profile: self.profile.plan(&show_profile),
            control: BenchControl {
                cancelled: interrupted,
                on_begin: &|block, scenario| show(format!("block {}, {scenario}", block + 1)),
            },
        };
        let Measured {
            shortfalls,
            profile,
        } = measurement.run(contenders, report)?;
        if shortfalls.contains(&Shortfall::NothingCompared) {
            progress.print_line(&format!(
                "{} has no figure for any measured row: nothing is compared",
                base_path.display()
            ));
        }
        progress.finish();
        let codes = shortfalls.into_iter().map(exit_code);
        Ok((codes.fold(missing_code(report), ExitCode::and), profile))
    }

    /// The contenders that are measured, and `checksum()` unless somebody chose subjects.
    fn contenders(&self, right: Vec<Box<dyn Subject>>) -> Vec<Contender> {
        let injection = self.rows.inject;
        let right = right.into_iter();
        let mut contenders: Vec<Contender> =
            right.map(|subject| contender(subject, injection)).collect();
        if self.subject.is_empty() && !contenders.is_empty() {
            let dispatch = Contender::dispatch();
            contenders.push(injection.map_or(dispatch, Contender::injected_dispatch));
        }
        contenders
    }
}

impl RowOptions {
    fn selection(&self) -> RowSelection<'_> {
        RowSelection {
            modes: &self.mode,
            sizes_bytes: &self.size,
            offsets_bytes: &self.offset,
        }
    }
}

fn exit_code(shortfall: Shortfall) -> ExitCode {
    match shortfall {
        Shortfall::Wrong | Shortfall::Slower => ExitCode::Found,
        Shortfall::NothingCompared => ExitCode::Nothing,
        Shortfall::Incomplete | Shortfall::ProfileIncomplete => ExitCode::Incomplete,
        Shortfall::NoProfile => ExitCode::Unavailable,
        Shortfall::Interrupted => ExitCode::Interrupted,
    }
}

/// The exit code of a run that is right but for what is missing.
fn missing_code(report: &BenchReport) -> ExitCode {
    if report.skipped.iter().any(|skipped| skipped.is_required) {
        ExitCode::Unavailable
    } else {
        ExitCode::Passed
    }
}

/// Subjects after a quick verification.
struct Verified {
    right: Vec<Box<dyn Subject>>,
    refused: Vec<Refusal>,
}

fn verify(
    subjects: Vec<Box<dyn Subject>>,
    seed: u64,
    interrupted: &Arc<AtomicBool>,
    progress: &Progress,
) -> Result<Verified, Failure> {
    let plan = Plan {
        max_stack_bytes: None,
        is_scaled: true,
        depth: Depth::of(DepthName::Quick),
        checks: CheckSet::all(),
        seed,
    };
    let control = Control {
        cancelled: interrupted,
        on_event: &|event| progress.show_event(event),
        ..Control::default()
    };
    let results = verification::run(&subjects, &plan, &control)?;
    let (mut right, mut refused) = (Vec::new(), Vec::new());
    for (subject, results) in subjects.into_iter().zip(results) {
        let report = Report::new(Facts::of_run(&plan, subject.model(), &results));
        match refusal(&report) {
            Some(reason) => refused.push(Refusal {
                contender: contender_name(&subject.name()),
                reason,
            }),
            None => right.push(subject),
        }
    }
    Ok(Verified { right, refused })
}

fn contender(subject: Box<dyn Subject>, injection: Option<Injection>) -> Contender {
    let name = subject.name();
    // `bench` calls a tier directly, as programs that link the kernel do.
    if let SubjectName::Tier(tier) = name
        && let Some(native) = match injection {
            None => Contender::tier(tier),
            Some(injection) => Contender::injected_tier(tier, injection),
        }
    {
        return native;
    }
    let subject: Arc<dyn Subject> = subject.into();
    let update =
        move |checksum: u32, message: &[u8]| subject.update(checksum.into(), message) as u32;
    match injection {
        None => Contender::subject(contender_name(&name), update),
        Some(injection) => Contender::subject(contender_name(&name), injection.slow(update)),
    }
}

/// Writes the files of a profile, and says on stderr if that fails. Returns the exit code.
fn write_profile(
    files: ProfileFiles,
    profile: Option<&Profile>,
    report: &mut BenchReport,
) -> ExitCode {
    let Some(profile) = profile else {
        tell(format_args!("{}", files.say_unwritten()));
        return ExitCode::Passed;
    };
    let written = files.write(profile, report);
    written.map_or_else(
        |failure| {
            report.profile = None;
            tell(format_args!("error: {failure}"));
            failure.code
        },
        |()| ExitCode::Passed,
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
    output: Reports,
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
    if let Some(name) = &report.injected {
        text += &format!("injected {name}: the subjects are slowed on purpose\n");
    }
    for skipped in &report.skipped {
        text += &format!("skipped {}: {}\n", skipped.what, skipped.reason);
    }
    let code = if subjects.available.is_empty() || scenarios.is_empty() {
        missing_code(report).and(ExitCode::Nothing)
    } else {
        missing_code(report)
    };
    output.finish_list(&text, code)
}

fn read(path: &Path) -> Result<BenchReport, Failure> {
    let text = regular::read_text(path, regular::TEXT_BYTES_MAX);
    let text = text.map_err(|error| Failure::io("read", path, &error))?;
    BenchReport::from_json(&text)
        .map_err(|error| Failure::new(ExitCode::Io, format!("{}: {error}", path.display())))
}

fn mode(name: &str) -> Result<Mode, String> {
    name.parse::<Mode>().map_err(|error| {
        let near = nearest(name, Mode::ALL.iter().map(|mode| mode.name()));
        near.map_or(error.to_string(), |near| {
            format!("{error}; did you mean `{near}`?")
        })
    })
}

fn injection(name: &str) -> Result<Injection, String> {
    name.parse::<Injection>().map_err(|error| {
        let near = nearest(name, Injection::ALL.iter().map(|other| other.name()));
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
