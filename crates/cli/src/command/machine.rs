//! `crcheck machine`.

use crate::failure::Failure;
use crate::options::{OutputOptions, heading};
use crate::output::{Output, print};
use crate::parse;
use crate::stderr::tell;
use clap::builder::RangedU64ValueParser;
use clap::{Args, Subcommand, ValueEnum};
use crcheck_harness::machine::compare::Rig;
use crcheck_harness::machine::forms::{Form, Generator, known_to};
use crcheck_harness::machine::record::{
    Checked, FolderError, Index, Options, Recording, check, human, read_folder, record,
    write_folder,
};
use crcheck_harness::machine::silicon::Silicon;
use crcheck_harness::machine::software::Software;
use crcheck_harness::platform::cpu_name::cpu_name;
use crcheck_harness::platform::files::whole;
use crcheck_harness::report::verdict::ExitCode;
use serde_json::json;
use std::io;
use std::path::{Path, PathBuf};

/// The version of the JSON format. Its schema is `schemas/machine.schema.json`.
const SCHEMA: &str = "crcheck/machine/1";

/// Where the recordings of the repository are.
const FOLDER: &str = "corpus/vectors/instructions";

/// Check the semantics of instructions by which code is interpreted
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:\n\
\x20 crcheck machine check\n\
\x20 crcheck machine record")]
pub(crate) enum Machine {
    Check(MachineCheck),
    Record(MachineRecord),
}

/// Compare the semantics with this CPU, and with recorded results of others
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n\
\x20 crcheck machine check --require-confirmed\n\
\x20 crcheck machine check --form Vpternlog --cases 4096 --seed 7\n\
\x20 crcheck machine check --recordings my-recordings --format json")]
pub(crate) struct MachineCheck {
    /// The folder of recordings [default: corpus/vectors/instructions, if it is there]
    #[arg(long, value_name = "DIR")]
    recordings: Option<PathBuf>,
    /// Compare only forms whose names contain this, such as Vpshufb or EVEX_
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    form: String,
    /// How many cases of each form this CPU executes
    #[arg(long, value_name = "NUMBER", default_value = "256",
        value_parser = RangedU64ValueParser::<u32>::new().range(1..))]
    cases: u32,
    /// Seed of the cases that this CPU executes [default: that of recordings]
    #[arg(long, value_parser = parse::seed)]
    seed: Option<u64>,
    /// Compare with recordings alone
    #[arg(long)]
    no_silicon: bool,
    /// Exit with code 3 if nothing confirms the semantics of a form
    #[arg(long)]
    require_confirmed: bool,
    /// Format of the report: human or json
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "human",
        hide_possible_values = true,
        help_heading = heading::REPORTS
    )]
    format: MachineFormat,
    #[command(flatten)]
    output: OutputOptions,
}

/// A format of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum MachineFormat {
    Human,
    Json,
}

/// Record what this CPU does, for hosts that lack its extensions
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n\
\x20 crcheck machine record\n\
\x20 crcheck machine record --into my-recordings --index my-recordings/index")]
pub(crate) struct MachineRecord {
    /// The folder of recordings. A file that holds more than this CPU gives is not replaced
    #[arg(long, value_name = "DIR", default_value = FOLDER)]
    into: PathBuf,
    /// Write the list of all recorded forms to this file, which programs are built with
    #[arg(long, value_name = "FILE")]
    index: Option<PathBuf>,
}

impl Machine {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Self::Check(check) => check.run(),
            Self::Record(record) => record.run(),
        }
    }
}

impl MachineCheck {
    fn run(self) -> Result<ExitCode, Failure> {
        let recordings = self.read_recordings()?;
        let output = Output::open(&self.output, &[])?;
        let mut software = Rig::new(Software).map_err(|error| no_memory(&error))?;
        let mut silicon = match self.no_silicon {
            true => None,
            false => Some(silicon()?),
        };
        let options = Options {
            form: self.form.clone(),
            seed: self.seed.unwrap_or(Generator::default().seed),
            case_count: self.cases,
        };
        let checked = check(&mut software, silicon.as_mut(), &recordings, &options);
        if checked.is_empty() {
            let message = format!("software knows no form with `{}` in its name", self.form);
            return Err(Failure::new(ExitCode::Nothing, message));
        }
        let code = if !checked.differences.is_empty() {
            ExitCode::Found
        } else if self.require_confirmed && checked.unconfirmed_count() > 0 {
            ExitCode::Unavailable
        } else {
            ExitCode::Passed
        };
        let text = match self.format {
            MachineFormat::Human => human(&checked),
            MachineFormat::Json => render_json(&checked, &options),
        };
        Ok(output.finish_text(&text, code))
    }

    fn read_recordings(&self) -> Result<Vec<Recording>, Failure> {
        let folder = self.recordings.as_deref().unwrap_or(Path::new(FOLDER));
        if self.recordings.is_none() && !folder.exists() {
            tell(format_args!(
                "there are no recordings here: no folder {FOLDER}"
            ));
            return Ok(Vec::new());
        }
        Ok(read_folder(folder)?)
    }
}

fn render_json(checked: &Checked, options: &Options) -> String {
    let report = json!({
        "schema": SCHEMA,
        "cpu": cpu_name(),
        "generator": Generator::NAME,
        "seed": format!("{:#x}", options.seed),
        "cases": options.case_count,
        "rows": checked.rows,
        "differences": checked.differences,
    });
    format!("{report:#}\n")
}

impl MachineRecord {
    fn run(self) -> Result<ExitCode, Failure> {
        let mut silicon = silicon()?;
        let forms: Vec<Form> = known_to(&mut Software);
        let recordings = record(&mut silicon, &forms, &cpu_name());
        if recordings.is_empty() {
            let message = "this CPU has no extension that recordings are for";
            return Err(Failure::new(ExitCode::Nothing, message));
        }
        std::fs::create_dir_all(&self.into)
            .map_err(|error| Failure::io("make", &self.into, &error))?;
        write_folder(&self.into, &recordings)?;
        if let Some(path) = &self.index {
            let index = Index::of(&read_folder(&self.into)?).render();
            whole::write(path, index.as_bytes())
                .map_err(|error| Failure::io("write", path, &error))?;
        }
        let forms: usize = recordings.iter().map(|one| one.entries.len()).sum();
        let said = format!("recorded {forms} forms in {} files\n", recordings.len());
        print(said.as_bytes())?;
        Ok(ExitCode::Passed)
    }
}

/// The CPU itself.
fn silicon() -> Result<Rig<Silicon>, Failure> {
    let silicon = Silicon::new().map_err(|error| no_memory(&error))?;
    Rig::new(silicon).map_err(|error| no_memory(&error))
}

fn no_memory(error: &io::Error) -> Failure {
    let message = format!("cannot prepare memory for instructions: {error}");
    Failure::new(ExitCode::Io, message)
}

impl From<FolderError> for Failure {
    fn from(error: FolderError) -> Self {
        Self::new(ExitCode::Io, error.to_string())
    }
}
