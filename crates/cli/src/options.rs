//! Options that several subcommands share.

use crate::failure::Failure;
use crate::interpret::{Interpret, LACKING};
use crate::parse;
use crate::report_to::{ReportTo, report_in};
use crate::stderr::tell_lines;
use clap::builder::NonEmptyStringValueParser;
use clap::{Arg, Args, ValueEnum};
use crcheck_faults::add_seed;
use crcheck_harness::check::circumstances::Circumstances;
use crcheck_harness::check::plan::Plan;
use crcheck_harness::check::saved::artifacts::ArtifactWriter;
use crcheck_harness::oracle::model::Model;
use crcheck_harness::report::verdict::ExitCode;
use crcheck_harness::report::{Allow, Format, command_line};
use crcheck_harness::subject::Models;
use crcheck_harness::subject::library::{
    Combine, Convention, FixedCall, Interface, Signature, Stated, StreamInterface,
};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// Headings of the help, the same in every subcommand.
pub(crate) mod heading {
    pub(crate) const SUBJECT: &str = "Subject";
    pub(crate) const RUN: &str = "What runs";
    pub(crate) const LIMITS: &str = "Limits";
    pub(crate) const ACCEPT: &str = "Findings to accept";
    pub(crate) const REPORTS: &str = "Reports";
    pub(crate) const LINES: &str = "Lines";
    pub(crate) const LISTS: &str = "Lists to check";
    pub(crate) const READING: &str = "Reading";
    pub(crate) const MESSAGE: &str = "Message";
}

/// Which subjects are judged.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = heading::SUBJECT)]
pub(crate) struct SubjectOptions {
    /// Judge this tier of the built-in kernel. emu:NAME runs it in software. Repeatable
    #[arg(long, value_name = "NAME", value_parser = parse::tier)]
    pub(crate) tier: Vec<String>,
    /// Judge this tier, and exit with code 3 if it is not available. Repeatable
    #[arg(long, value_name = "NAME", value_parser = parse::tier)]
    pub(crate) require_tier: Vec<String>,
    /// Judge this planted fault, or the right kernel good:NAME. NAME@SEED fixes the parameters that
    /// a fault draws from --seed. Repeatable
    #[arg(long, value_name = "NAME", value_parser = parse::planted)]
    pub(crate) fault: Vec<String>,
    /// Judge a function of this shared library, in a process of its own
    #[arg(long, value_name = "PATH")]
    pub(crate) lib: Option<PathBuf>,
    /// The function of --lib: uint32_t f(uint32_t crc, const uint8_t *buf, size_t len). For models
    /// wider than 32 bits, crc and the result are uint64_t. A function of C++ or Rust has the name
    /// of its source, or an end of that, such as crc::update. Repeatable
    #[arg(long, value_name = "NAME", requires = "lib")]
    pub(crate) symbol: Vec<String>,
    /// The function's parameters, such as buf,len32,crc64; and of the result the bits that count,
    /// such as crc,buf,end->crc16. Others: &crc, out, offset, dst, const:NUMBER, zero, sym:NAME,
    /// call:NAME(...), ->status [default: crc,buf,len]
    #[arg(long, value_name = "LIST", requires = "lib")]
    pub(crate) signature: Option<Signature>,
    /// What the function or program takes and returns: zlib (the checksum so far, at first 0 for
    /// CRC-32) or register (the register, before xorout) [default: zlib]
    #[arg(long, value_name = "NAME")]
    pub(crate) convention: Option<Convention>,
    /// Call this function of --lib before the first call, such as one that fills a table:
    /// NAME or NAME(const:0x04c11db7). Repeatable
    #[arg(long, value_name = "CALL", requires = "lib")]
    pub(crate) init: Vec<FixedCall>,
    /// The function of --lib that combines checksums, such as crc32_combine, and its parameters if
    /// they are not (crc,crc2,len): NAME(crc,crc2,len32). A signed length is len, an unsigned one
    /// ulen, each with 8 to 64 bits [default of bits: 64]
    #[arg(long, value_name = "FUNCTION", requires = "lib")]
    pub(crate) combine: Option<Combine>,
    /// How the result is written: native, be or le (its bytes in memory), hex (text), signed; by a
    /// one-shot program: hex, decimal or signed (text), be or le [default: native, or hex]
    #[arg(long, value_name = "FORM", value_parser = parse::result_form)]
    pub(crate) result: Option<String>,
    /// The functions of --lib that compute the checksum piece by piece, instead of --symbol:
    /// new=NAME,update=NAME,final=NAME,reset=NAME,free=NAME. size=BYTES if the state is memory of
    /// the caller. NAME may have parameters and a result: update(state,buf,len32)->status
    #[arg(
        long,
        value_name = "LIST",
        requires = "lib",
        conflicts_with_all = ["symbol", "signature"]
    )]
    pub(crate) stream: Option<StreamInterface>,
    /// Judge the function by the stated interface, even if all its values are wrong by it and right
    /// by another one
    #[arg(long)]
    pub(crate) no_guess: bool,
    /// Judge a program. It reads requests on stdin: u64 checksum, u64 len (little endian), len
    /// bytes. It answers each on stdout with a u64 checksum
    #[arg(long, value_name = "COMMAND")]
    pub(crate) cmd: Option<String>,
    /// How the program works: persistent (as above), or one-shot (it reads one message from stdin,
    /// or from a file whose name replaces {}, prints its checksum and ends) [default: persistent]
    #[arg(
        long,
        value_name = "NAME",
        requires = "cmd",
        hide_possible_values = true
    )]
    pub(crate) cmd_form: Option<CmdForm>,
    /// The CRC model of --lib or --cmd: a name or an alias of the catalogue, which `crcheck models`
    /// lists, or "width=16 poly=0x1021 init=0 refin=false refout=false xorout=0" [default:
    /// CRC-32/ISO-HDLC]
    #[arg(long, value_name = "MODEL", value_parser = parse::model)]
    pub(crate) model: Option<Model>,
    /// The longest time that one call of --lib or --cmd may take [default: 10s]
    #[arg(long, value_name = "TIME", value_parser = parse::duration)]
    pub(crate) call_timeout: Option<Duration>,
    /// Interpret the machine code of --lib and of tiers that this CPU lacks, one instruction after
    /// the other, on a CPU that has every extension. With a CPU's name (`crcheck emulate --list`;
    /// `any` has every extension): all tiers, as on that one
    #[arg(
        long,
        value_name = "CPU",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = LACKING
    )]
    pub(crate) interpret: Option<Interpret>,
    /// Judge this subject of crcheck.toml, which is looked for in the working folder and in those
    /// above it. Repeatable
    #[arg(long, value_name = "NAME")]
    pub(crate) subject: Vec<String>,
    /// Read this file instead of crcheck.toml, and judge all its subjects if no other option names
    /// one
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// What the file says of each of --subject, unless these options are those of the only one.
    #[arg(skip)]
    pub(crate) configured: Vec<SubjectOptions>,
    /// Which subject of which file these options are; `None` for the command line.
    #[arg(skip)]
    pub(crate) in_file: Option<String>,
}

/// What a call may take if nobody says.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// A list that the command line leaves empty is that of the profile.
pub(crate) fn fill<T>(own: &mut Vec<T>, profile: Vec<T>) {
    if own.is_empty() {
        *own = profile;
    }
}

/// How a program takes messages and gives checksums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum CmdForm {
    #[default]
    Persistent,
    OneShot,
}

/// Says in the help of `--tier` that a command judges every tier by default.
pub(crate) fn default_to_tiers(tier: Arg) -> Arg {
    with_default(tier, "every available tier")
}

/// Says in the help of `--tier` that a command takes its subject from an artifact by default.
pub(crate) fn default_to_artifact(tier: Arg) -> Arg {
    let subject = "the subject of the artifact, else every available tier";
    with_default(tier, subject)
}

/// Says in the help of `--tier` that a command judges one tier by default.
pub(crate) fn default_to_preferred(tier: Arg) -> Arg {
    with_default(tier, "the tier that this CPU prefers")
}

fn with_default(tier: Arg, subject: &str) -> Arg {
    let help = tier.get_help().map(ToString::to_string).unwrap_or_default();
    tier.help(format!("{help} [default: {subject}]"))
}

/// The identifiers of the options for subjects that are not built in.
const FOREIGN: [&str; 12] = [
    "lib",
    "symbol",
    "signature",
    "convention",
    "init",
    "result",
    "stream",
    "combine",
    "cmd",
    "cmd_form",
    "model",
    "call_timeout",
];

/// Hides the options for subjects that are not built in.
pub(crate) fn hide_foreign(option: Arg) -> Arg {
    let is_foreign = FOREIGN.contains(&option.get_id().as_str());
    option.hide(is_foreign)
}

impl SubjectOptions {
    /// Gives the seed to every random fault that names none.
    pub(crate) fn draw_faults(&mut self, seed: u64) {
        for name in &mut self.fault {
            *name = add_seed(name, seed);
        }
        for one in &mut self.configured {
            one.draw_faults(seed);
        }
    }

    /// What is judged side by side: the subjects of the command line itself, which are all tiers if
    /// nothing is named, and each of the file.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &Self> {
        let has_own = self.has_own_built_in() || self.has_own_foreign();
        let own = (has_own || self.configured.is_empty()).then_some(self);
        own.into_iter().chain(&self.configured)
    }

    /// Whether the options name no subject.
    pub(crate) fn is_empty(&self) -> bool {
        !self.has_built_in() && !self.has_foreign()
    }

    /// Whether the options name a tier or a planted fault.
    pub(crate) fn has_built_in(&self) -> bool {
        self.parts().any(Self::has_own_built_in)
    }

    /// Whether the options name a library or a program.
    pub(crate) fn has_foreign(&self) -> bool {
        self.parts().any(Self::has_own_foreign)
    }

    /// The same, without what a file says.
    pub(crate) fn has_own_built_in(&self) -> bool {
        !(self.tier.is_empty() && self.fault.is_empty() && self.require_tier.is_empty())
    }

    /// The same, without what a file says.
    pub(crate) fn has_own_foreign(&self) -> bool {
        self.lib.is_some() || self.cmd.is_some()
    }

    /// Whether the options name subjects, by themselves or in a file. A required tier is added to
    /// what is named elsewhere.
    pub(crate) fn names_any(&self) -> bool {
        let has_built_in = !(self.tier.is_empty() && self.fault.is_empty());
        has_built_in || self.has_own_foreign() || !self.subject.is_empty()
    }

    /// An option for --lib and --cmd that has none of them to go with.
    pub(crate) fn lost_option(&self) -> Option<&'static str> {
        let stated = [
            ("--model", self.model.is_some()),
            ("--convention", self.convention.is_some()),
            ("--result", self.result.is_some()),
        ];
        let is_lost = |(_, is_stated): &(_, bool)| *is_stated && !self.has_own_foreign();
        stated.into_iter().find(is_lost).map(|(option, _)| option)
    }

    /// What these options leave open is as the others, those of a profile, say.
    pub(crate) fn complete(&mut self, profile: Self) {
        if !self.names_any() {
            self.subject = profile.subject;
        }
        fill(&mut self.require_tier, profile.require_tier);
    }

    /// Takes what a file says of subjects. If there is only one, its options are as if the command
    /// line had them.
    pub(crate) fn take_configured(&mut self, mut configured: Vec<Self>, file: PathBuf) {
        self.config = Some(file);
        for one in &mut configured {
            one.interpret = self.interpret.clone().or(one.interpret.take());
            one.call_timeout = self.call_timeout.or(one.call_timeout);
        }
        let has_own = self.has_own_built_in() || self.has_own_foreign();
        match <[Self; 1]>::try_from(configured) {
            Ok([only]) if !has_own => {
                let own = std::mem::replace(self, only);
                self.subject = own.subject;
                self.config = own.config;
                self.no_guess = own.no_guess;
            }
            Ok([only]) => self.configured = vec![only],
            Err(several) => self.configured = several,
        }
    }

    /// The longest time that one call may take.
    pub(crate) fn call_timeout(&self) -> Duration {
        self.call_timeout.unwrap_or(CALL_TIMEOUT)
    }

    /// The form of a result that the options state, for a function or for a program.
    pub(crate) fn result_form<F: FromStr>(&self) -> Option<Result<F, F::Err>> {
        self.result.as_deref().map(str::parse)
    }

    /// How the function of --lib is called.
    pub(crate) fn interface(&self) -> Interface {
        Interface {
            convention: self.convention.unwrap_or_default(),
            signature: self.signature.clone().unwrap_or_default(),
            result: self.result_form().and_then(Result::ok).unwrap_or_default(),
            init: self.init.clone(),
            stream: self.stream.clone().map(Box::new),
            combine: self.combine.clone(),
        }
    }

    /// Which parts of the interface the options state.
    pub(crate) fn stated(&self) -> Stated {
        Stated {
            signature: self.signature.is_some() || self.stream.is_some(),
            convention: self.convention.is_some(),
            result: self.result.is_some(),
        }
    }

    /// The model of --lib and --cmd, which by default is that of the built-in kernels.
    pub(crate) fn model(&self) -> Model {
        self.model.clone().unwrap_or(Model::CRC_32_ISO_HDLC)
    }
}

/// Which findings are known and accepted.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = heading::ACCEPT)]
pub(crate) struct AcceptOptions {
    /// Accept findings of this kind; with @SYMBOL only those of this symbol, tier or fault. The
    /// report counts them, and the run does not fail. Repeatable
    #[arg(long, value_name = "KIND[@SYMBOL]", requires = "because")]
    allow: Vec<Allow>,
    /// The reason, once for each --allow in the same order
    #[arg(
        long,
        value_name = "TEXT",
        requires = "allow",
        value_parser = NonEmptyStringValueParser::new()
    )]
    because: Vec<String>,
}

impl AcceptOptions {
    /// What these options leave open is as the others, those of a profile, say.
    pub(crate) fn complete(&mut self, profile: Self) {
        if self.allow.is_empty() {
            *self = profile;
        }
    }

    /// What is accepted, each with its reason.
    pub(crate) fn pairs(&self) -> Result<Vec<(Allow, String)>, Failure> {
        let (allows, reasons) = (self.allow.len(), self.because.len());
        if allows != reasons {
            let message = format!(
                "every --allow needs its own --because: --allow is given {allows} times, --because \
                 {reasons} times"
            );
            return Err(Failure::new(ExitCode::Usage, message));
        }
        let pairs = self.allow.iter().cloned().zip(self.because.iter().cloned());
        Ok(pairs.collect())
    }
}

/// Where a report on subjects goes, and in which format.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = heading::REPORTS)]
pub(crate) struct ReportOptions {
    /// Format of the report: human, json, jsonl, junit, markdown, html, github or sarif. KIND=FILE
    /// writes it to this file, and stdout gets the human one. Repeatable, each with its own file
    #[arg(
        long,
        value_name = "KIND[=FILE]",
        default_value = "human",
        value_parser = report_in(&Format::ALL)
    )]
    pub(crate) format: Vec<ReportTo>,
    /// Write the case of each finding to this folder
    #[arg(long, value_name = "DIR", default_value = "crcheck-artifacts")]
    pub(crate) artifacts: PathBuf,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

impl ReportOptions {
    /// What writes the cases of findings that a subcommand has by a plan.
    pub(crate) fn artifacts_of_plan(
        &self,
        command: &str,
        models: impl Into<Models>,
        plan: &Plan,
    ) -> ArtifactWriter {
        let found_by = format!("crcheck {command} --seed {:#x}", plan.seed);
        self.artifact_writer(models, found_by, Some(plan))
    }

    /// What writes the cases of findings that the command `found_by` has, by its plan if it has
    /// one.
    pub(crate) fn artifact_writer(
        &self,
        models: impl Into<Models>,
        found_by: String,
        plan: Option<&Plan>,
    ) -> ArtifactWriter {
        let circumstances = Circumstances {
            command: Some(command_line()),
            depth: plan.map(|plan| plan.depth.name.to_string()),
            seed: plan.map(|plan| format!("{:#x}", plan.seed)),
            ..Circumstances::here()
        };
        let folder = self.artifacts.clone();
        ArtifactWriter::new(folder, models, found_by, circumstances, |unwritten| {
            tell_lines(unwritten);
        })
    }
}

/// What is the same for reports of every format.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = heading::REPORTS)]
pub(crate) struct OutputOptions {
    /// Write the report to this file instead of stdout, as a whole. A report for programs (JSON,
    /// JUnit, SARIF, HTML) of an earlier run is removed before the run
    #[arg(long = "output", value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Print only the verdict and the findings
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Print the time and the bound of each check too (in `bench`, each row)
    #[arg(short, long, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
    /// Colour the report. With `auto`, NO_COLOR, CLICOLOR_FORCE, CLICOLOR and TERM decide, then
    /// whether it goes to a terminal
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Toggle,
    /// Show progress on stderr. Where that is no terminal, `always` prints a line now and then
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) progress: Toggle,
}

/// Where the results of a command go that judges nothing.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = heading::REPORTS)]
pub(crate) struct ResultOptions {
    /// Write the results to this file, as a whole. It stays as it is if the run is interrupted or
    /// has no result. One that the command reads is refused
    #[arg(long = "output", value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Show progress on stderr
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) progress: Toggle,
}

impl ResultOptions {
    /// As for a report.
    pub(crate) fn as_report(&self) -> OutputOptions {
        OutputOptions {
            file: self.file.clone(),
            quiet: false,
            verbose: false,
            color: Toggle::Never,
            progress: self.progress,
        }
    }
}

/// On or off. `Auto` is on for a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Toggle {
    Auto,
    Always,
    Never,
}

impl Toggle {
    pub(crate) fn is_on(self, is_terminal: bool) -> bool {
        match self {
            Self::Auto => is_terminal,
            Self::Always => true,
            Self::Never => false,
        }
    }
}
