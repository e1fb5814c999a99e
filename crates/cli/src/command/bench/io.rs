//! `crcheck bench io`.

use crate::failure::Failure;
use clap::Args;
use crcheck_harness::report::verdict::ExitCode;

/// Measure how fast files are read and checked, by every method
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n\
\x20 crcheck bench io")]
pub(crate) struct BenchIo {}

impl BenchIo {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        Err(Failure::new(ExitCode::Nothing, "nothing is measured yet"))
    }
}
