//! What a run measures: one set of facts, written in several formats.

use crate::io::cache::CacheState;
use crate::io::folder::Folder;
use crate::io::setup::Setup;
use crate::io::size::file_size_name;
use crate::io::test_file::FileForm;
use crate::report::{Machine, NotTimed, Refusal};
use crate::statistics::median;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The version of the JSON format. The schema is `schemas/bench-io.schema.json`.
pub const SCHEMA: &str = "crcheck/bench-io/1";

/// The report of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IoReport {
    /// [`SCHEMA`].
    pub schema: String,
    /// `pass`, `fail`, `incomplete` or `void`.
    pub verdict: String,
    /// The machine.
    pub machine: Machine,
    /// Whether an emulator runs this process, so that no speed is the machine's.
    pub is_emulated: bool,
    /// The release of the operating system's kernel.
    pub kernel: String,
    /// Where the files were made.
    pub folder: Folder,
    /// How many runs every row should have.
    pub runs: usize,
    /// The figures.
    pub rows: Vec<IoRow>,
    /// What computed a wrong checksum, and has no figure.
    pub refused: Vec<Refusal>,
    /// What else has no figure, and why.
    pub skipped: Vec<NotTimed>,
    /// What is worth knowing of the files and the cache.
    pub notes: Vec<String>,
    /// The article's rules of thumb, judged by the rows.
    pub rules: Vec<RuleAnswer>,
}

/// What a row reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFacts {
    /// Its length in bytes.
    pub size_bytes: u64,
    /// How it came to be.
    pub form: FileForm,
    /// The state of the page cache before each run.
    pub cache: CacheState,
}

impl fmt::Display for FileFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (size, form) = (file_size_name(self.size_bytes), self.form.name());
        write!(f, "{size}, {form}, cache {}", self.cache)
    }
}

/// The figures of one way to read one file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IoRow {
    /// The file.
    #[serde(flatten)]
    pub file: FileFacts,
    /// How it was read.
    #[serde(flatten)]
    pub setup: Setup,
    /// Whether it only reads, and computes nothing.
    pub is_bound: bool,
    /// How many bytes a run reads.
    pub read_bytes: u64,
    /// The rate of the median run.
    pub gb_per_s: f64,
    /// The rate of the slowest run.
    pub gb_per_s_min: f64,
    /// The rate of the fastest run.
    pub gb_per_s_max: f64,
    /// The time of each run in seconds.
    pub seconds: Vec<f64>,
    /// The system calls of one pass.
    pub system_calls: Option<SystemCalls>,
    /// Page faults a second that found their page in memory; the median.
    pub minor_faults_per_s: Option<f64>,
    /// Page faults a second that waited for a disk; the median.
    pub major_faults_per_s: Option<f64>,
    /// The largest proportional set size during a pass that was not timed, in bytes.
    pub pss_bytes: Option<u64>,
    /// How much of it was there before, in bytes.
    pub pss_before_bytes: Option<u64>,
    /// The largest memory that no file backs, beyond what was there before, in bytes.
    pub anonymous_bytes: Option<u64>,
    /// The part of the file that the page cache held before a run, on average, from 0 to 1.
    pub cached_before: f64,
}

/// How many system calls a pass makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemCalls {
    /// The count.
    pub count: u64,
    /// Who counted.
    pub source: CallSource,
}

/// Who counts system calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallSource {
    /// `syscr` of `/proc/self/io`: calls of `read` and its kin, and no others.
    Reads,
    /// A tracer, which sees every call.
    Trace,
}

/// What a rule of thumb says, and whether it holds here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleAnswer {
    /// The rule.
    pub rule: String,
    /// The file that it is judged on.
    pub on: String,
    /// Whether it holds.
    pub answer: Answer,
    /// The figures that say so.
    pub because: String,
}

/// Whether a rule holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It holds in these rows.
    Confirmed,
    /// It does not.
    Refuted,
    /// The rows do not tell.
    Open,
}

impl Answer {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed here",
            Self::Refuted => "refuted here",
            Self::Open => "open",
        }
    }
}

impl IoReport {
    /// A report without figures.
    pub fn empty(machine: Machine, folder: Folder, runs: usize) -> Self {
        let kernel = rustix::system::uname();
        Self {
            schema: SCHEMA.to_owned(),
            verdict: String::new(),
            machine,
            is_emulated: crcheck_platform::emulation::is_emulated(),
            kernel: kernel.release().to_string_lossy().into_owned(),
            folder,
            runs,
            rows: Vec::new(),
            refused: Vec::new(),
            skipped: Vec::new(),
            notes: Vec::new(),
            rules: Vec::new(),
        }
    }

    /// One JSON object.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("plain data is always JSON") + "\n"
    }

    /// Says why something has no figure.
    pub fn skip(&mut self, what: impl fmt::Display, reason: impl Into<String>) {
        self.skipped.push(NotTimed {
            what: what.to_string(),
            reason: reason.into(),
            is_required: false,
        });
    }

    /// The files of the rows, in their order.
    pub fn files(&self) -> Vec<FileFacts> {
        let mut files: Vec<FileFacts> = Vec::new();
        for row in &self.rows {
            if !files.contains(&row.file) {
                files.push(row.file);
            }
        }
        files
    }

    /// The rows of a file.
    pub fn rows_of(&self, file: FileFacts) -> Vec<&IoRow> {
        self.rows.iter().filter(|row| row.file == file).collect()
    }
}

/// The sizes and times of the runs of one row.
#[derive(Clone, Debug, Default)]
pub struct Rates {
    /// The rate of the median run in GB/s.
    pub median: f64,
    /// Of the slowest one.
    pub min: f64,
    /// Of the fastest one.
    pub max: f64,
}

impl Rates {
    /// Of runs of `read_bytes` each.
    pub fn of(read_bytes: u64, seconds: &[f64]) -> Self {
        let rates: Vec<f64> = seconds
            .iter()
            .map(|time| read_bytes as f64 / time / 1e9)
            .collect();
        Self {
            median: median(&rates),
            min: rates.iter().copied().fold(f64::INFINITY, f64::min),
            max: rates.iter().copied().fold(0.0, f64::max),
        }
    }
}
