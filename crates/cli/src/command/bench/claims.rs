//! `crcheck bench claims`.

use super::{exit_code, machine};
use crate::failure::Failure;
use crate::options::{OutputOptions, heading};
use crate::progress::Progress;
use crate::report_to::{ReportTo, report_in};
use crate::reports::{Reports, last_line};
use crate::{interrupt, parse, seed};
use clap::Args;
use crcheck_bench::claims::CLAIMS;
use crcheck_bench::claims::claim::Claim;
use crcheck_bench::claims::judgement::{needs, planted_faults, select};
use crcheck_bench::claims::measure::{MeasureControl, find_on_path, is_program, measure};
use crcheck_bench::claims::measured::{MachineFacts, Measured, Planted};
use crcheck_bench::claims::report::ClaimsReport;
use crcheck_bench::nearest;
use crcheck_faults::{Caught, catch};
use crcheck_harness::check::control::Control;
use crcheck_harness::report::Format;
use crcheck_harness::report::count_in_words;
use crcheck_harness::report::verdict::ExitCode;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Judge the claims of the article that crcheck starts from, by measurement, arithmetic and planted
/// faults
#[derive(Args, Debug)]
#[command(mut_arg("verbose", |verbose| verbose.help(
    "Print a line for each planted fault and each measurement as it begins, on stderr"
)))]
#[command(after_help = "A claim that is refuted is a result, and no error.\n\
\n\
Examples:\n\
\x20 crcheck bench claims\n\
\x20 crcheck bench claims --list\n\
\x20 crcheck bench claims --only table-gain,words-gain\n\
\x20 crcheck bench claims --go /usr/lib/go-1.19/bin/go --go /usr/local/go/bin/go\n\
\x20 crcheck bench claims --format markdown --output claims.md")]
pub(crate) struct BenchClaims {
    /// Judge only these claims
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        value_parser = claim_id,
        help_heading = heading::RUN
    )]
    only: Vec<String>,
    /// Measure this program `go`. Repeatable [default: those on PATH]
    #[arg(long, value_name = "PATH", help_heading = heading::RUN)]
    go: Vec<PathBuf>,
    /// Seed of everything that is random [default: a new one, which crcheck prints]
    #[arg(long, value_parser = parse::seed, help_heading = heading::RUN)]
    seed: Option<u64>,
    /// List the claims and how each is judged, and stop
    #[arg(long, help_heading = heading::RUN)]
    list: bool,
    /// End after this time. What is not judged then gives exit code 5
    #[arg(
        long,
        value_name = "TIME",
        default_value = "60s",
        value_parser = parse::duration,
        help_heading = heading::LIMITS
    )]
    budget: Duration,
    /// Format of the report: human, json, markdown or html. KIND=FILE writes it to this file.
    /// Repeatable
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
const FORMATS: [Format; 4] = [Format::Human, Format::Json, Format::Markdown, Format::Html];

impl BenchClaims {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        if let Some(path) = self.go.iter().find(|path| !is_program(path)) {
            let text = format!("--go {}: it is no program", path.display());
            return Err(Failure::new(ExitCode::Usage, text));
        }
        let output = Reports::open(&self.format, &self.output, &self.go)?;
        let claims = select(&self.only).map_err(|id| Failure::new(ExitCode::Usage, id))?;
        if self.list {
            return Ok(output.finish_list(&list(&claims), ExitCode::Passed));
        }
        let seed = self.seed.unwrap_or_else(seed::fresh);
        let progress = Progress::new(&self.output, self.budget.as_secs());
        if !self.output.quiet {
            progress.print_line(&format!(
                "crcheck bench claims: seed {seed:#x}, {}, {} s",
                count_in_words(claims.len(), "claim"),
                self.budget.as_secs_f64()
            ));
        }
        let start = Instant::now();
        let planted = self.catch(&claims, seed, start, &progress)?;
        let mut measured = self.measure(&claims, seed, start, &progress);
        measured.planted = planted;
        progress.finish();
        let mut machine = machine();
        machine.core = measured.core;
        let mut report = ClaimsReport::new(machine, seed, &claims, &measured);
        let shortfalls = report.shortfalls(interrupt::has_come());
        let code = shortfalls.into_iter().map(exit_code);
        let code = code.fold(ExitCode::Passed, ExitCode::and);
        report.verdict = code.verdict().to_string();
        let render = |format| match format {
            Format::Json => report.json(),
            Format::Markdown => report.markdown(),
            Format::Html => report.html(),
            _ => report.human(),
        };
        Ok(output.finish_texts(code, &render, &|| last_line(&report.human())))
    }

    fn measure(
        &self,
        claims: &[&Claim],
        seed: u64,
        start: Instant,
        progress: &Progress,
    ) -> Measured {
        let go = if self.go.is_empty() {
            find_on_path()
        } else {
            self.go.clone()
        };
        let here = machine();
        let facts = MachineFacts {
            cpu: here.cpu,
            arch: here.arch,
        };
        let control = MeasureControl {
            cancelled: interrupt::flag(),
            deadline: start + self.budget,
            seed,
            go: &go,
            on_begin: &|need| self.begin(need.name(), start, progress),
        };
        measure(&needs(claims), facts, &control)
    }

    /// Says what begins.
    fn begin(&self, what: &str, start: Instant, progress: &Progress) {
        if self.output.verbose {
            progress.print_line(what);
        }
        progress.set(start.elapsed().as_secs(), what.to_owned());
    }

    /// Runs `verify` on the planted faults that stand for claims.
    fn catch(
        &self,
        claims: &[&Claim],
        seed: u64,
        start: Instant,
        progress: &Progress,
    ) -> Result<BTreeMap<String, Planted>, Failure> {
        let mut found = BTreeMap::new();
        let control = Control {
            cancelled: interrupt::flag(),
            deadline: Some(start + self.budget),
            ..Control::default()
        };
        for name in planted_faults(claims) {
            if control.should_stop() {
                break;
            }
            self.begin(&format!("fault:{name}"), start, progress);
            let caught = catch(name, seed, &control)?;
            if let Some(planted) = caught.and_then(planted) {
                found.insert(name.to_owned(), planted);
            }
        }
        Ok(found)
    }
}

/// What a run says of a fault; `None` if it was stopped before.
fn planted(caught: Caught) -> Option<Planted> {
    Some(match caught {
        Caught::Found {
            check,
            kind,
            diagnosis,
        } => Planted::Caught {
            check,
            kind,
            diagnosis,
        },
        Caught::Escaped => Planted::Escaped,
        Caught::Unavailable(reason) => Planted::Unavailable(reason),
        Caught::Unfinished => return None,
    })
}

fn list(claims: &[&Claim]) -> String {
    let line = |claim: &&Claim| {
        let basis = claim.judge.basis();
        format!("{} ({basis}): {}\n", claim.id, claim.says)
    };
    claims.iter().map(line).collect()
}

fn claim_id(id: &str) -> Result<String, String> {
    let ids = CLAIMS
        .iter()
        .flat_map(|topic| topic.claims)
        .map(|claim| claim.id);
    if ids.clone().any(|known| known == id) {
        return Ok(id.to_owned());
    }
    let near = nearest(id, ids);
    let near = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
    Err(format!("no claim is called `{id}`{near}"))
}
