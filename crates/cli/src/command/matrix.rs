//! `crcheck matrix`.

use crate::failure::Failure;
use crate::foreign::launch;
use crate::options::{AcceptOptions, OutputOptions, heading};
use crate::progress::Progress;
use crate::report_to::{ReportTo, report_in};
use crate::reports::Reports;
use crate::stderr::tell_lines;
use crate::{interrupt, parse, seed};
use clap::Args;
use crcheck_harness::check::checks::CheckSet;
use crcheck_harness::check::circumstances::Circumstances;
use crcheck_harness::check::control::{Control, Event};
use crcheck_harness::check::depth::{Depth, DepthName};
use crcheck_harness::check::plan::Plan;
use crcheck_harness::check::saved::artifacts::ArtifactWriter;
use crcheck_harness::oracle::model::Model;
use crcheck_harness::platform::leftovers::ScratchFolder;
use crcheck_harness::report::Format;
use crcheck_harness::report::verdict::ExitCode;
use crcheck_harness::report::{command_line, count_in_words};
use crcheck_harness::subject::library::{
    Convention, FixedCall, Interface, ResultForm, Signature, Stated,
};
use crcheck_harness::subject::{CheckId, SubjectName};
use crcheck_matrix::build::{self, Build};
use crcheck_matrix::judge::{Function, judge_all};
use crcheck_matrix::profile::{self, Profile};
use crcheck_matrix::report::{MatrixFacts, MatrixReport, human, markdown};
use crcheck_matrix::source::Source;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Build a kernel by every compiler and level that is here, and judge each build
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n\
\x20 crcheck matrix crc.c --symbol crc32\n\
\x20 crcheck matrix crc.c tables.c --symbol crc16 --model CRC-16/KERMIT --cflags \"-Iinclude -O\"\n\
\x20 crcheck matrix crc.c --symbol crc32 --compiler gcc-12 --profile O2 --keep builds\n\
\x20 crcheck matrix Cargo.toml --symbol crc32 --format markdown --output matrix.md\n\
\x20 crcheck matrix crc.c --symbol crc32 --list")]
pub(crate) struct Matrix {
    /// The files in C, C++ or assembly, or one Cargo.toml. They are built as they are, with your
    /// rights
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    function: FunctionOptions,
    #[command(flatten)]
    build: BuildOptions,
    #[command(flatten)]
    coverage: CoverageOptions,
    #[command(flatten)]
    accept: AcceptOptions,
    #[command(flatten)]
    report: MatrixReportOptions,
}

#[derive(Args, Debug)]
#[command(next_help_heading = heading::SUBJECT)]
struct FunctionOptions {
    /// The function to judge: uint32_t f(uint32_t crc, const uint8_t *buf, size_t len)
    #[arg(long, value_name = "NAME")]
    symbol: String,
    /// The function's parameters, as `crcheck verify` takes them [default: crc,buf,len]
    #[arg(long, value_name = "LIST")]
    signature: Option<Signature>,
    /// What the function takes and returns: zlib or register [default: zlib]
    #[arg(long, value_name = "NAME")]
    convention: Option<Convention>,
    /// Call this function before the first call, such as one that fills a table. Repeatable
    #[arg(long, value_name = "CALL")]
    init: Vec<FixedCall>,
    /// How the result is written: native, be, le, hex or signed [default: native]
    #[arg(long, value_name = "FORM")]
    result: Option<ResultForm>,
    /// The CRC model: a name, an alias or parameters [default: CRC-32/ISO-HDLC]
    #[arg(long, value_name = "MODEL", value_parser = parse::model)]
    model: Option<Model>,
    /// Judge the function by the stated interface, even if all its values are wrong by it and right
    /// by another one
    #[arg(long)]
    no_guess: bool,
    /// The longest time that one call may take
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = parse::duration)]
    call_timeout: Duration,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Builds")]
struct BuildOptions {
    /// Build with this compiler: a name or a path. Repeatable [default: every gcc, clang and cc on
    /// PATH]
    #[arg(long, value_name = "NAME")]
    compiler: Vec<String>,
    /// Build this profile, such as gcc-O2, or this level of every compiler, such as O2. Exit with
    /// code 3 if it does not build. Repeatable [default: all]
    #[arg(long, value_name = "NAME")]
    profile: Vec<String>,
    /// Exit with code 3 if any selected profile does not build
    #[arg(long)]
    require: bool,
    /// More words for the compiler: include folders, definitions, libraries
    #[arg(long, value_name = "WORDS", allow_hyphen_values = true)]
    cflags: Option<String>,
    /// The package of a workspace
    #[arg(long, value_name = "NAME")]
    package: Option<String>,
    /// Keep the libraries in this folder [default: they are removed]
    #[arg(long, value_name = "FOLDER")]
    keep: Option<PathBuf>,
    /// Print the profiles, and stop
    #[arg(long)]
    list: bool,
}

#[derive(Args, Debug)]
#[command(next_help_heading = heading::RUN)]
struct CoverageOptions {
    /// How far to go with each build: quick, default or deep
    #[arg(long, default_value = "quick", value_parser = parse::depth)]
    depth: DepthName,
    /// Run only this check, such as agree. Repeatable [default: all checks]
    #[arg(long, value_name = "ID", value_parser = parse::check)]
    check: Vec<CheckId>,
    /// Seed of everything that is random [default: a new one, which crcheck prints]
    #[arg(long, value_parser = parse::seed)]
    seed: Option<u64>,
    /// Stop after this time, such as 30s
    #[arg(long, value_name = "TIME", value_parser = parse::duration)]
    budget: Option<Duration>,
}

#[derive(Args, Debug)]
#[command(next_help_heading = heading::REPORTS)]
struct MatrixReportOptions {
    /// Format of the report: human, json or markdown. KIND=FILE writes it to this file. Repeatable
    #[arg(
        long,
        value_name = "KIND[=FILE]",
        default_value = "human",
        value_parser = report_in(&FORMATS)
    )]
    format: Vec<ReportTo>,
    /// Write the case of each finding to this folder
    #[arg(long, value_name = "DIR", default_value = "crcheck-artifacts")]
    artifacts: PathBuf,
    #[command(flatten)]
    output: OutputOptions,
}

/// The formats of the report.
const FORMATS: [Format; 3] = [Format::Human, Format::Json, Format::Markdown];

impl FunctionOptions {
    fn function(&self) -> Function {
        let stated = Stated {
            signature: self.signature.is_some(),
            convention: self.convention.is_some(),
            result: self.result.is_some(),
        };
        Function {
            symbol: self.symbol.clone(),
            interface: Interface {
                convention: self.convention.unwrap_or_default(),
                signature: self.signature.clone().unwrap_or_default(),
                result: self.result.unwrap_or_default(),
                init: self.init.clone(),
                ..Interface::default()
            },
            stated: (!self.no_guess).then_some(stated),
            model: self.model.clone().unwrap_or(Model::CRC_32_ISO_HDLC),
        }
    }
}

impl BuildOptions {
    fn source(&self, files: &[PathBuf]) -> Result<Source, Failure> {
        let flags = shlex::split(self.cflags.as_deref().unwrap_or_default());
        let flags = flags.ok_or_else(|| {
            Failure::new(ExitCode::Usage, "--cflags has a quotation mark without end")
        })?;
        Ok(Source::of(files, &flags, self.package.as_deref())?)
    }

    fn profiles(&self, source: &Source) -> Result<Vec<Profile>, Failure> {
        let all = profile::all(source, &self.compiler);
        let mut selected = profile::select(all, &self.profile)?;
        for profile in &mut selected {
            profile.is_required |= self.require;
        }
        Ok(selected)
    }
}

impl CoverageOptions {
    fn plan(&self) -> Plan {
        Plan {
            depth: Depth::of(self.depth),
            is_scaled: false,
            checks: match &self.check[..] {
                [] => CheckSet::all(),
                some => some.iter().copied().collect(),
            },
            seed: self.seed.unwrap_or_else(seed::fresh),
            max_stack_bytes: None,
        }
    }
}

impl Matrix {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let allows = self.accept.pairs()?;
        let source = self.build.source(&self.files)?;
        let profiles = self.build.profiles(&source)?;
        let output = Reports::open(&self.report.format, &self.report.output, &source.files())?;
        if self.build.list {
            let (text, code) = profile::list(&profiles);
            return Ok(output.finish_list(&text, code));
        }
        let plan = self.coverage.plan();
        let progress = Progress::open_ended(&self.report.output);
        // Whoever reads the line may interrupt the run that it announces.
        let interrupted = interrupt::flag();
        if !self.report.output.quiet {
            progress.print_line(&format!(
                "crcheck matrix: seed {:#x}, depth {}, {}",
                plan.seed,
                plan.depth.name,
                count_in_words(profiles.len(), "profile")
            ));
        }
        let scratch = ScratchFolder::new()
            .map_err(|error| Failure::io("write", &std::env::temp_dir(), &error))?;
        let builds = self.build_all(&source, profiles, &scratch, interrupted, &progress)?;
        let function = self.function.function();
        let control = Control {
            cancelled: interrupted,
            deadline: self.coverage.budget.map(|budget| Instant::now() + budget),
            on_event: &|event: &Event<'_>| show(event, &progress),
            ..Control::default()
        };
        let launch = launch(self.function.call_timeout)?;
        let kept = self.build.keep.as_deref();
        let judged = judge_all(builds, &function, &launch, &plan, &control, kept)?;
        progress.finish();
        let facts = MatrixFacts {
            source: &source,
            function: &function,
            plan: &plan,
            allows: &allows,
            kept: kept.map(|folder| folder.display().to_string()),
            is_interrupted: interrupted.load(Ordering::Relaxed),
        };
        let mut report = MatrixReport::new(&facts, judged);
        self.save_cases(&mut report, &function.model);
        let render = |format| match format {
            Format::Json => report.json(),
            Format::Markdown => markdown(&report),
            _ => human(&report, self.report.output.quiet),
        };
        Ok(output.finish_texts(report.exit_code, &render, &|| human(&report, true)))
    }

    fn build_all(
        &self,
        source: &Source,
        profiles: Vec<Profile>,
        scratch: &ScratchFolder,
        interrupted: &AtomicBool,
        progress: &Progress,
    ) -> Result<Vec<Build>, Failure> {
        let mut begun = 0;
        let mut on_begin = |profile: &Profile| {
            progress.set(begun, format!("builds {}", profile.name));
            begun += 1;
        };
        let folder = scratch.path();
        let builds = build::build_all(source, profiles, folder, folder, interrupted, &mut on_begin);
        if let Some(kept) = &self.build.keep {
            build::keep(&builds, kept).map_err(|error| Failure::io("write", kept, &error))?;
        }
        Ok(builds)
    }

    /// Writes the smallest case of each distinct finding.
    fn save_cases(&self, report: &mut MatrixReport, model: &Model) {
        let found_by = format!("crcheck matrix --seed {}", report.seed);
        let folder = self.report.artifacts.clone();
        let circumstances = Circumstances {
            command: Some(command_line()),
            depth: Some(self.coverage.depth.to_string()),
            seed: Some(report.seed.clone()),
            ..Circumstances::here()
        };
        let writer = ArtifactWriter::new(
            folder,
            model.clone(),
            found_by,
            circumstances,
            |unwritten| {
                tell_lines(unwritten);
            },
        );
        let cases = report.findings.iter();
        cases
            .filter_map(|one| one.case.as_ref())
            .for_each(|case| writer.write(case));
        report.saved(&writer.finish(), model);
    }
}

/// Shows which profile and check run. The library of a profile is a temporary file of its name.
fn show(event: &Event<'_>, progress: &Progress) {
    if let Event::Begins { subject, check } = event {
        let profile = match subject {
            SubjectName::Library(spec) => Path::new(&spec.path).file_stem(),
            _ => None,
        };
        let profile = profile.unwrap_or_default().to_string_lossy();
        progress.show_what(&format!("judges {profile}: {check}"));
    }
}
