//! crcheck: finds out whether a CRC kernel is right.

#![forbid(unsafe_code)]

mod absent;
mod asked;
mod command;
mod complaint;
mod config;
mod destination;
mod earlier;
mod exit;
mod failure;
mod foreign;
mod guess;
mod interpret;
mod interrupt;
mod meter;
mod options;
mod output;
mod parse;
mod progress;
mod report_to;
mod reports;
mod seed;
#[cfg(test)]
mod shown_lines;
mod stage;
mod stderr;
mod subjects;
mod terminal;
mod trust;
mod watch;

use clap::{CommandFactory, Parser};
use std::process::ExitCode;

#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: command::Command,
}

const EXIT_CODES: &str = "\
Exit codes:
    0  everything that was selected ran and passed
    1  there is a finding
    2  usage
    3  a required tier, emulator or subject is not available
    4  nothing was selected to run
    5  a budget or an interrupt ended the run early, and it had no finding
    6  input or output failed, or a worker did not start
  101  a bug in crcheck
  130  an interrupt ended the run before any result";

fn main() -> ExitCode {
    crcheck_harness::platform::signal::silence_caught_panics();
    crcheck_harness::platform::code::illegal_instruction::report_on_stderr();
    let parsed = Arguments::try_parse();
    // Whoever asks for help runs nothing.
    if parsed.as_ref().err().is_none_or(clap::Error::use_stderr) {
        earlier::remove_reports(&asked::Asked::of_this_process());
    }
    let ended = match parsed {
        Err(usage) => output::print_usage(&usage),
        Ok(Arguments { command }) if command.leaves_nothing_behind() => {
            command::run(command, Arguments::command)
        }
        Ok(Arguments { command }) => {
            crcheck_harness::platform::signal::survive_large_files();
            watch::watch(|| command::run(command, Arguments::command))
        }
    };
    interrupt::let_end();
    ExitCode::from(match ended {
        Ok(code) => code as u8,
        Err(failure) => {
            complaint::complain(&failure);
            failure.code as u8
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Command;

    /// The words of a command line as a shell would see them: quotes keep blanks, `>` ends it.
    fn words(line: &str) -> Vec<String> {
        let mut words = vec![String::new()];
        let mut is_quoted = false;
        for letter in line.split(" > ").next().unwrap_or_default().chars() {
            match letter {
                '"' => is_quoted = !is_quoted,
                ' ' if !is_quoted => words.push(String::new()),
                other => words.last_mut().expect("a word").push(other),
            }
        }
        words
    }

    fn examples(command: &Command) -> Vec<String> {
        let help = command.get_after_help().map(ToString::to_string);
        let help = help.unwrap_or_default();
        let lines = help.lines().filter_map(|line| line.strip_prefix("  "));
        lines.map(str::to_owned).collect()
    }

    fn visit(command: &Command, names: &str) {
        for subcommand in command.get_subcommands() {
            if subcommand.is_hide_set() || subcommand.get_name() == "help" {
                continue;
            }
            let names = format!("{names} {}", subcommand.get_name());
            let examples = examples(subcommand);
            assert!(!examples.is_empty(), "{names} has no example");
            for example in examples {
                assert!(example.starts_with(&names), "{names}: {example}");
                let parsed = Arguments::try_parse_from(words(&example));
                assert!(
                    parsed.is_ok(),
                    "{example}: {}",
                    parsed.expect_err("an error")
                );
            }
            visit(subcommand, &names);
        }
    }

    #[test]
    fn every_subcommand_has_examples_that_parse() {
        visit(&Arguments::command(), "crcheck");
    }

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    /// Options without a heading would come first, before the subject.
    #[test]
    fn every_option_of_verify_has_a_heading() {
        let program = Arguments::command();
        let verify = program.find_subcommand("verify").expect("it is there");
        for option in verify.get_arguments() {
            let heading = option.get_help_heading();
            assert!(heading.is_some(), "{} has no heading", option.get_id());
        }
    }
}
