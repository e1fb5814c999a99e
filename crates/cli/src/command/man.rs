//! `crcheck man`.

use crate::failure::Failure;
use crate::output::print;
use clap::{Args, Command};
use crcheck_harness::report::verdict::ExitCode;
use std::path::PathBuf;

/// Print the manual page, or write one page for each subcommand
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n\
\x20 crcheck man\n\
\x20 crcheck man --output ~/.local/share/man/man1")]
pub(crate) struct Man {
    /// Write `crcheck.1` and a page for each subcommand to this folder
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
}

impl Man {
    pub(crate) fn run(self, program: Command) -> Result<ExitCode, Failure> {
        match self.output {
            Some(folder) => std::fs::create_dir_all(&folder)
                .and_then(|()| clap_mangen::generate_to(program, &folder))
                .map_err(|error| Failure::io("write the manual to", &folder, &error))?,
            None => {
                let mut text = Vec::new();
                clap_mangen::Man::new(program)
                    .render(&mut text)
                    .expect("writing to memory cannot fail");
                print(&text)?;
            }
        }
        Ok(ExitCode::Passed)
    }
}
