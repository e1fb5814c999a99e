//! `crcheck bench io`.

use super::io_pass;
use super::machine::machine;
use crate::failure::Failure;
use crate::options::{OutputOptions, heading};
use crate::progress::Progress;
use crate::report_to::{ReportTo, report_in};
use crate::reports::{Reports, last_line};
use crate::{interrupt, parse};
use clap::Args;
use crcheck_bench::io::cache::CacheState;
use crcheck_bench::io::facts::IoReport;
use crcheck_bench::io::folder::Folder;
use crcheck_bench::io::method::IoMethod;
use crcheck_bench::io::reader::Engine;
use crcheck_bench::io::run::{Ending, IoRun};
use crcheck_bench::io::setup::{Setup, SetupSelection};
use crcheck_bench::io::size::{ARTICLE_SIZES, default_size_bytes, file_size_name, parse_file_size};
use crcheck_bench::io::{page, text};
use crcheck_bench::nearest;
use crcheck_bench::scenario::parse_size;
use crcheck_harness::report::Format;
use crcheck_harness::report::verdict::ExitCode;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Measure how fast files are read and checked, by every method
#[derive(Args, Debug)]
#[command(
    after_help = "Every figure has the checksum that the oracle expects, or is refused.\n\
\n\
Examples:\n\
\x20 crcheck bench io\n\
\x20 crcheck bench io --size 256M --method read,mmap,dd --buffer 4K,64K,1M\n\
\x20 crcheck bench io --cache cold --dir /var/tmp --format markdown\n\
\x20 crcheck bench io --article --budget 3h --format html --output io.html"
)]
pub(crate) struct BenchIo {
    #[command(flatten)]
    rows: IoRowOptions,
    /// Make the file in this folder [default: the folder for temporary files]
    #[arg(long, value_name = "FOLDER", help_heading = heading::RUN)]
    dir: Option<PathBuf>,
    /// End after this time at the latest, with what was measured so far
    #[arg(
        long,
        value_name = "TIME",
        default_value = "10m",
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

#[derive(Args, Debug)]
#[command(next_help_heading = heading::RUN)]
struct IoRowOptions {
    /// Read files of these sizes, such as 64M,1G (powers of 1024) or 10GB (of 1000). One that the
    /// disk does not hold is sparse [default: 1GB, or less if disk or memory hold less]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = parse_file_size)]
    size: Vec<u64>,
    /// Read files of 1, 10, 50 and 100 GB
    #[arg(long, conflicts_with = "size")]
    article: bool,
    /// Read by these methods; --list shows all [default: all]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = method)]
    method: Vec<IoMethod>,
    /// Read so many bytes a time, or map windows of so many [default: several, by the method]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = parse_size)]
    buffer: Vec<usize>,
    /// Read and compute on so many threads [default: 1, and as many as there are cores]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = threads)]
    threads: Vec<usize>,
    /// Have the page cache in these states: fresh (as the file was written), warm (read back) or
    /// cold (dropped before each run)
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "warm"
    )]
    cache: Vec<CacheState>,
    /// How many runs the median of a row is of
    #[arg(long, value_name = "COUNT", default_value = "3", value_parser = runs)]
    runs: usize,
    /// Print what would be measured, and stop
    #[arg(long)]
    list: bool,
}

/// The formats of the report.
const FORMATS: [Format; 4] = [Format::Human, Format::Json, Format::Markdown, Format::Html];

impl BenchIo {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let dir = self.dir.clone().unwrap_or_else(std::env::temp_dir);
        let folder =
            Folder::look_at(&dir).map_err(|error| Failure::io("make files in", &dir, &error))?;
        let sizes_bytes = self.rows.sizes_bytes(&folder);
        let output = Reports::open(&self.format, &self.output, &[])?;
        let setups = self.rows.setups();
        let mut report = IoReport::empty(machine(), folder, self.rows.runs);
        if self.rows.list {
            let text = self.rows.list(&sizes_bytes, &setups);
            return Ok(output.finish_list(&text, ExitCode::Passed));
        }
        let code = self.measure(sizes_bytes, setups, &mut report)?;
        report.verdict = code.verdict().to_string();
        let render = |format| match format {
            Format::Json => report.json(),
            Format::Markdown => text::markdown(&report),
            Format::Html => page::html(&report),
            _ => text::human(&report),
        };
        let ending = || last_line(&text::human(&report));
        Ok(output.finish_texts(code, &render, &ending))
    }

    fn measure(
        &self,
        sizes_bytes: Vec<u64>,
        setups: Vec<Setup>,
        report: &mut IoReport,
    ) -> Result<ExitCode, Failure> {
        let progress = Progress::new(&self.output, self.budget.as_secs());
        let start = Instant::now();
        let mut states = self.rows.cache.clone();
        states.sort();
        states.dedup();
        let program = std::env::current_exe()
            .map_err(|error| Failure::new(ExitCode::Io, format!("cannot find itself: {error}")))?;
        let run = IoRun {
            sizes_bytes,
            states,
            setups,
            runs: self.rows.runs,
            budget: self.budget,
            reader: &Engine::default(),
            observer: Some(&|file, setup, marked| io_pass::command(&program, file, setup, marked)),
            cancelled: interrupt::flag(),
            on_begin: &|what| {
                if self.output.verbose {
                    progress.print_line(&what);
                }
                progress.set(start.elapsed().as_secs(), what);
            },
        };
        let ending = run.run(report);
        progress.finish();
        let ending = ending.map_err(|error| Failure::new(ExitCode::Io, error.to_string()))?;
        let ended = match ending {
            Ending::Interrupted if report.rows.is_empty() => ExitCode::Interrupted,
            Ending::Interrupted | Ending::OverBudget => ExitCode::Incomplete,
            Ending::Complete if report.rows.is_empty() => ExitCode::Nothing,
            Ending::Complete => ExitCode::Passed,
        };
        Ok(if report.refused.is_empty() {
            ended
        } else {
            ended.and(ExitCode::Found)
        })
    }
}

impl IoRowOptions {
    fn sizes_bytes(&self, folder: &Folder) -> Vec<u64> {
        if self.article {
            ARTICLE_SIZES.to_vec()
        } else if self.size.is_empty() {
            vec![default_size_bytes(|len_bytes| {
                folder.has_room_for(len_bytes)
            })]
        } else {
            self.size.clone()
        }
    }

    fn setups(&self) -> Vec<Setup> {
        let selection = SetupSelection {
            methods: self.method.clone(),
            buffers_bytes: self.buffer.clone(),
            threads: self.threads.clone(),
        };
        selection.setups()
    }

    fn list(&self, sizes_bytes: &[u64], setups: &[Setup]) -> String {
        let methods = IoMethod::ALL.map(IoMethod::name).join(",");
        let sizes: Vec<String> = sizes_bytes.iter().copied().map(file_size_name).collect();
        let states: Vec<&str> = self.cache.iter().map(|state| state.name()).collect();
        let mut text = format!(
            "methods {methods}\nsizes {}\ncache {}\n",
            sizes.join(","),
            states.join(",")
        );
        for setup in setups {
            text += &format!("{setup}\n");
        }
        text
    }
}

fn method(name: &str) -> Result<IoMethod, String> {
    name.parse::<IoMethod>().map_err(|error| {
        let near = nearest(name, IoMethod::ALL.iter().map(|method| method.name()));
        near.map_or(error.to_string(), |near| {
            format!("{error}; did you mean `{near}`?")
        })
    })
}

fn threads(text: &str) -> Result<usize, String> {
    let count = text.parse().ok().filter(|count| (1..=1024).contains(count));
    count.ok_or_else(|| format!("`{text}` is no number of threads: write one from 1 to 1024"))
}

fn runs(text: &str) -> Result<usize, String> {
    let count = text.parse().ok().filter(|count| (1..=99).contains(count));
    count.ok_or_else(|| format!("`{text}` is no number of runs: write one from 1 to 99"))
}
