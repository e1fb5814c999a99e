//! `crcheck show`.

use crate::failure::Failure;
use crate::options::{OutputOptions, heading};
use crate::output::Output;
use clap::{Args, ValueEnum};
use crcheck_harness::check::fuzz::Target;
use crcheck_harness::check::run::RunError;
use crcheck_harness::check::saved::load;
use crcheck_harness::report::Shown;
use crcheck_harness::report::verdict::ExitCode;
use std::path::PathBuf;

/// Show saved cases: what they are, their bytes, and what the judges say. No subject is started
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n\
\x20 crcheck show crcheck-artifacts\n\
\x20 crcheck show crcheck-artifacts/case.toml --all\n\
\x20 crcheck show input --target kernel_vs_oracle --format json")]
pub(crate) struct Show {
    /// Artifacts (.toml), inputs of fuzz targets, or folders of either
    #[arg(required = true, value_name = "FILE")]
    paths: Vec<PathBuf>,
    /// The fuzz target of the inputs [default: the name of their folder]
    #[arg(long)]
    target: Option<Target>,
    /// Show every byte of long messages
    #[arg(long)]
    all: bool,
    /// Format: human or json
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "human",
        hide_possible_values = true,
        help_heading = heading::REPORTS
    )]
    format: ShowFormat,
    #[command(flatten)]
    output: OutputOptions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ShowFormat {
    Human,
    Json,
}

impl Show {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let loaded = load::load(&self.paths, self.target)?;
        if loaded.items.is_empty() {
            let text = "these paths hold no saved case";
            return Err(Failure::new(ExitCode::Nothing, text));
        }
        let inputs: Vec<PathBuf> = loaded.files().collect();
        let output = Output::open(&self.output, &inputs)?;
        let shown = Shown::of(&loaded).map_err(RunError::from)?;
        let text = match self.format {
            ShowFormat::Human => shown.text(self.all),
            ShowFormat::Json => shown.json(),
        };
        Ok(output.finish_text(&text, ExitCode::Passed))
    }
}
