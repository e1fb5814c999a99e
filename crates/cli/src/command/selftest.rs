//! `crcheck selftest`.

use crate::failure::Failure;
use crate::options::{OutputOptions, heading};
use crate::progress::Progress;
use crate::report_to::{ReportTo, report_in};
use crate::reports::Reports;
use crate::{foreign, interrupt, parse, seed};
use clap::Args;
use crcheck_faults::selftest::{self, Counts, Selection};
use crcheck_harness::check::control::Control;
use crcheck_harness::check::depth::DepthName;
use crcheck_harness::report::Format;
use crcheck_harness::report::verdict::ExitCode;
use crcheck_harness::subject::worker::DEADLINE;

/// Judge crcheck itself: it must find every planted fault, and pass every right kernel
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n\
\x20 crcheck selftest\n\
\x20 crcheck selftest --list\n\
\x20 crcheck selftest article --seed 1 --format junit --output selftest.xml")]
pub(crate) struct Selftest {
    /// Judge only kernels with this text in their name
    #[arg(default_value = "", hide_default_value = true)]
    only: String,
    /// The depth of the runs without the fault's check, which must not find the fault
    #[arg(
        long,
        value_name = "DEPTH",
        default_value = "quick",
        value_parser = parse::depth,
        help_heading = heading::RUN
    )]
    ablation: DepthName,
    /// Seed of everything that is random [default: a new one, which crcheck prints]
    #[arg(long, value_parser = parse::seed, help_heading = heading::RUN)]
    seed: Option<u64>,
    /// List the kernels, and stop
    #[arg(long, help_heading = heading::RUN)]
    list: bool,
    /// Format of the report: human, json or junit. KIND=FILE writes it to this file. Repeatable
    #[arg(
        long,
        value_name = "KIND[=FILE]",
        default_value = "human",
        value_parser = report_in(&FORMATS),
        help_heading = heading::REPORTS
    )]
    format: Vec<ReportTo>,
    #[command(flatten)]
    output: OutputOptions,
}

/// The formats of the report.
const FORMATS: [Format; 3] = [Format::Human, Format::Json, Format::Junit];

impl Selftest {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let seed = self.seed.unwrap_or_else(seed::fresh);
        let output = Reports::open(&self.format, &self.output, &[])?;
        let progress = Progress::open_ended(&self.output);
        // Whoever reads the line may interrupt the run that it announces.
        let interrupted = interrupt::flag();
        if !self.output.quiet {
            progress.print_line(&format!("crcheck selftest: seed {seed:#x}"));
        }
        let control = Control {
            cancelled: interrupted,
            on_event: &|event| progress.show_event_of_planted(event),
            ..Control::default()
        };
        let worker = foreign::launch(DEADLINE)?;
        let selection = Selection {
            only: &self.only,
            seed,
            ablation: self.ablation,
            worker: Some(&worker),
        };
        if self.list {
            return Ok(output.finish_list(&selftest::list(selection), ExitCode::Passed));
        }
        let rows = selftest::run(selection, &control)?;
        progress.finish();
        if rows.is_empty() {
            return Err(Failure::new(
                ExitCode::Nothing,
                format!("no kernel has `{}` in its name", self.only),
            ));
        }
        let counts = Counts::of(&rows);
        let is_quiet = self.output.quiet;
        let render = |format| match format {
            Format::Json => selftest::to_json(&rows, seed),
            Format::Junit => selftest::to_junit(&rows, seed),
            _ if is_quiet => selftest::last_line(&rows),
            _ => {
                let ablation = selftest::format_ablation(&rows, self.only.is_empty());
                selftest::format_matrix(&rows) + &ablation + &selftest::last_line(&rows)
            }
        };
        let has_result = counts.right + counts.wrong > 0;
        let code = if interrupt::has_come() && !has_result {
            ExitCode::Interrupted
        } else {
            counts.exit_code()
        };
        Ok(output.finish_texts(code, &render, &|| selftest::last_line(&rows)))
    }
}
