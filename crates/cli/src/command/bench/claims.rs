//! `crcheck bench claims`.

use crate::failure::Failure;
use clap::Args;
use crcheck_harness::report::verdict::ExitCode;

/// Compare what an article claims with what this machine measures
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n\
\x20 crcheck bench claims")]
pub(crate) struct BenchClaims {}

impl BenchClaims {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        Err(Failure::new(ExitCode::Nothing, "nothing is measured yet"))
    }
}
