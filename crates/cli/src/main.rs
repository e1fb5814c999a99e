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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Command, CommandFactory};

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
}
