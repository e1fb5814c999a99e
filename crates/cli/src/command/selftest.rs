//! `crcheck selftest`.

use crate::failure::Failure;
use crate::foreign;
use crate::interrupt;
use crate::options::{self, Form};
use crate::output::Output;
use crate::progress::Progress;
use clap::{Args, ValueEnum};
use crcheck_faults::selftest::{self, Counts, Selection};
use crcheck_harness::plan::DepthName;
use crcheck_harness::run::Control;
use crcheck_harness::verdict::ExitCode;
use crcheck_harness::worker::DEADLINE;

/// Judge the harness: every faulty kernel must be caught by its check, go unnoticed without it, and
/// every good kernel pass.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n\
\x20 crcheck selftest\n\
\x20 crcheck selftest --list\n\
\x20 crcheck selftest article --seed 1 --format junit --output selftest.xml")]
pub(crate) struct Selftest {
    /// Judge only faults and good kernels with this in their names
    #[arg(default_value = "")]
    only: String,
    /// List the faults and good kernels, and judge nothing
    #[arg(long)]
    list: bool,
    /// The depth at which faults must go unnoticed without their check
    #[arg(long, default_value = "quick", value_parser = options::depth)]
    ablation: DepthName,
    /// The seed of all that is random [default: a new one, printed]
    #[arg(long, value_parser = options::seed)]
    seed: Option<u64>,
    /// human, json or junit
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "human",
        hide_possible_values = true
    )]
    format: Format,
    #[command(flatten)]
    form: Form,
}

/// A form of report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Json,
    Junit,
}

impl Selftest {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let seed = self.seed.unwrap_or_else(options::fresh_seed);
        let output = Output::open(&self.form)?;
        let progress = Progress::endless(&self.form);
        if !self.form.quiet {
            progress.say(&format!("crcheck selftest: seed {seed:#x}"));
        }
        let interrupted = interrupt::flag()?;
        let control = Control {
            cancelled: &interrupted,
            deadline: None,
            on_event: &|event| progress.on_expected(event),
        };
        let worker = foreign::launch(DEADLINE)?;
        let selection = Selection {
            only: &self.only,
            seed,
            ablation: self.ablation,
            worker: Some(&worker),
        };
        if self.list {
            return Ok(output.finish_text(&selftest::list(selection), ExitCode::Passed));
        }
        let rows = selftest::run(selection, &control)?;
        progress.finish();
        if rows.is_empty() {
            return Err(Failure::new(
                ExitCode::Nothing,
                format!("no fault or good kernel has `{}` in its name", self.only),
            ));
        }
        let counts = Counts::of(&rows);
        let text = match self.format {
            Format::Human if self.form.quiet => counts.to_line(),
            Format::Human => {
                let ablation = selftest::format_ablation(&rows, self.only.is_empty());
                selftest::format_matrix(&rows) + &ablation + &counts.to_line()
            }
            Format::Json => selftest::to_json(&rows, seed),
            Format::Junit => selftest::to_junit(&rows, seed),
        };
        Ok(output.finish_text(&text, counts.exit_code()))
    }
}
