//! `crcheck selftest`.

use crate::failure::Failure;
use crate::interrupt;
use crate::options;
use clap::Args;
use crcheck_gallery::selftest::{Choice, Outcome, selftest, table};
use crcheck_harness::plan::DepthName;
use crcheck_harness::run::Control;
use crcheck_harness::verdict::ExitCode;
use std::io::Write;
use std::path::Path;

/// Judge the harness: every faulty kernel must be caught by its check, go unnoticed without it, and
/// every good kernel pass.
#[derive(Args, Debug)]
pub(crate) struct Selftest {
    /// Only exhibits with this in their name
    #[arg(default_value = "")]
    only: String,
    /// The depth at which faults must go unnoticed without their check
    #[arg(long, default_value = "quick", value_parser = options::depth)]
    ablation: DepthName,
    /// The seed of all that is random [default: a new one, printed]
    #[arg(long, value_parser = options::seed)]
    seed: Option<u64>,
}

impl Selftest {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let seed = self.seed.unwrap_or_else(options::fresh_seed);
        eprintln!("crcheck selftest: seed {seed:#x}");
        let interrupted = interrupt::flag()?;
        let control = Control {
            cancelled: &interrupted,
            deadline: None,
            on_event: &|_| {},
        };
        let choice = Choice {
            only: &self.only,
            seed,
            ablation: self.ablation,
        };
        let rows = selftest(choice, &control)?;
        if rows.is_empty() {
            return Err(Failure::new(
                ExitCode::Nothing,
                format!("no exhibit has `{}` in its name", self.only),
            ));
        }
        let count =
            |wanted: fn(&Outcome) -> bool| rows.iter().filter(|row| wanted(&row.outcome)).count();
        let right = count(|outcome| *outcome == Outcome::Right);
        let skipped = count(|outcome| matches!(outcome, Outcome::Skipped(_)));
        let unfinished = count(|outcome| *outcome == Outcome::Unfinished);
        let wrong = rows.len() - right - skipped - unfinished;
        let text = table(&rows)
            + &format!(
                "{right} right, {wrong} wrong, {skipped} skipped, {unfinished} unfinished\n"
            );
        std::io::stdout()
            .write_all(text.as_bytes())
            .map_err(|error| Failure::io("write", Path::new("stdout"), &error))?;
        Ok(match (wrong, unfinished, right) {
            (1.., _, _) => ExitCode::Fault,
            (0, 1.., _) => ExitCode::Incomplete,
            (0, 0, 0) => ExitCode::Nothing,
            _ => ExitCode::Passed,
        })
    }
}
