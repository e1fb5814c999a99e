//! crcheck: finds out whether a CRC kernel is right.

mod command;
mod failure;
mod foreign;
mod interrupt;
mod options;
mod output;
mod progress;
mod recorder;
mod subjects;

use clap::Parser;
use std::process::ExitCode;

#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: command::Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 all that was selected ran and passed; 1 a fault was found; 2 usage; 3 a required tier
or a subject is not available here; 4 nothing was selected to run; 5 stopped before the end, no
fault so far; 6 input or output, or a worker that does not start; 101 a bug in crcheck; 130 interrupted before any result.";

fn main() -> ExitCode {
    crcheck_harness::fault::silence_caught_panics();
    crcheck_harness::illegal::tell_on_stderr();
    let outcome = command::run(Arguments::parse().command);
    ExitCode::from(match outcome {
        Ok(code) => code as u8,
        Err(failure) => {
            eprintln!("error: {failure}");
            failure.code as u8
        }
    })
}
