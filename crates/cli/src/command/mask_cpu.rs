//! `crcheck mask-cpu`, which `crcheck emulate` starts in order to hide features.

use crate::failure::Failure;
use clap::Args;
use crcheck_emulate::matrix::Matrix;
use crcheck_harness::report::verdict::ExitCode;
use std::ffi::OsString;
use std::path::PathBuf;

/// Run a program natively, with features of this CPU hidden
#[derive(Args, Debug)]
pub(crate) struct MaskCpu {
    /// Read the CPUs from this file instead of the built-in matrix
    #[arg(long, value_name = "FILE")]
    matrix: Option<PathBuf>,
    /// Show the features of this CPU of the matrix
    cpu: String,
    /// The program and its arguments
    #[arg(last = true, required = true)]
    program: Vec<OsString>,
}

impl MaskCpu {
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        use crcheck_emulate::emulator::mask::MESSAGE;
        use crcheck_emulate::mask::{self, MaskingError};
        let matrix = self
            .matrix
            .as_deref()
            .map_or_else(|| Ok(Matrix::built_in()), Matrix::read)?;
        let cpu = matrix.named(&self.cpu)?;
        let program = PathBuf::from(&self.program[0]);
        match mask::run(cpu, &program, &self.program[1..]) {
            Ok(status) => crate::exit::end_like(status),
            Err(error) => {
                crate::stderr::tell(format_args!("{MESSAGE}{error}"));
                let code = match error {
                    MaskingError::Refused(_) => ExitCode::Unavailable,
                    _ => ExitCode::Io,
                };
                std::process::exit(code as i32)
            }
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let _ = (
            self.matrix.map(|file| Matrix::read(&file)),
            self.cpu,
            self.program,
        );
        let arch = std::env::consts::ARCH;
        Err(Failure::new(
            ExitCode::Unavailable,
            format!("{arch} has no CPUID to mask"),
        ))
    }
}
