//! `crcheck bench io-pass`: a pass of `crcheck bench io` in a process of its own.

use crate::failure::Failure;
use crate::output;
use clap::Args;
use crcheck_bench::io::observe::make_passes;
use crcheck_bench::io::reader::Engine;
use crcheck_bench::io::setup::Setup;
use crcheck_bench::io::test_file::FileAt;
use crcheck_harness::report::verdict::ExitCode;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Read a file for another crcheck, which starts and traces this process
#[derive(Args, Debug)]
pub(crate) struct IoPass {
    /// The file
    file: PathBuf,
    /// Its length in bytes
    len_bytes: u64,
    /// How to read it, as JSON
    setup: String,
    /// Mark a pass for the tracer
    #[arg(long)]
    marked: bool,
}

impl IoPass {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let setup: Setup = serde_json::from_str(&self.setup)
            .map_err(|error| Failure::new(ExitCode::Usage, error.to_string()))?;
        let file = FileAt {
            path: &self.file,
            len_bytes: self.len_bytes,
        };
        let made = make_passes(&Engine::default(), file, &setup, self.marked);
        let json = made.map_err(|error| Failure::new(ExitCode::Unavailable, error.to_string()))?;
        output::print(json.as_bytes())?;
        Ok(ExitCode::Passed)
    }
}

/// This program, to be started for a pass.
pub(crate) fn command(program: &Path, file: FileAt<'_>, setup: &Setup, marked: bool) -> Command {
    let mut command = Command::new(program);
    let setup = serde_json::to_string(setup).expect("plain data is always JSON");
    command
        .args(["bench", "io-pass"])
        .args(marked.then_some("--marked"));
    command
        .arg("--")
        .arg(file.path)
        .arg(file.len_bytes.to_string())
        .arg(setup);
    command
}
