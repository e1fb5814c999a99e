//! A run: every way to read every file, in rounds, so that a disturbance of the machine meets all.

use crate::io::bound;
use crate::io::cache::CacheState;
use crate::io::counters::Counters;
use crate::io::facts::{CallSource, FileFacts, IoReport, IoRow, Rates, SystemCalls};
use crate::io::method::IoMethod;
use crate::io::observe::{self, Observation, Starter};
use crate::io::reader::{Pass, PassError, Reader, Watch, expected_checksum};
use crate::io::rules;
use crate::io::setup::Setup;
use crate::io::size::file_size_name;
use crate::io::test_file::{FileForm, TestFile};
use crate::report::Refusal;
use crate::statistics::median;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often the end of the time is looked for.
const GLANCE: Duration = Duration::from_millis(10);

/// What is measured.
pub struct IoRun<'a> {
    /// The sizes of the files in bytes.
    pub sizes_bytes: Vec<u64>,
    /// The states of the page cache.
    pub states: Vec<CacheState>,
    /// The ways to read.
    pub setups: Vec<Setup>,
    /// How many runs each row has.
    pub runs: usize,
    /// When to stop, at the latest.
    pub budget: Duration,
    /// What reads.
    pub reader: &'a dyn Reader,
    /// What starts another process that calls [`observe::make_passes`]; `None`: nothing is known of
    /// memory and of calls that do not read.
    pub observer: Option<&'a Starter<'a>>,
    /// Ends the run early.
    pub cancelled: &'a AtomicBool,
    /// Says what begins.
    pub on_begin: &'a dyn Fn(String),
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Every row that is possible here has all its runs.
    Complete,
    /// The budget ended first.
    OverBudget,
    /// `cancelled` became true.
    Interrupted,
}

/// A file cannot be made or prepared.
#[derive(Debug, thiserror::Error)]
#[error("cannot make a file of {} in {folder}: {error}", file_size_name(*.len_bytes))]
pub struct IoRunError {
    folder: String,
    len_bytes: u64,
    error: io::Error,
}

impl IoRun<'_> {
    /// Measures, and fills the report.
    ///
    /// # Errors
    /// If a file cannot be made.
    pub fn run(&self, report: &mut IoReport) -> Result<Ending, IoRunError> {
        let end = Instant::now().checked_add(self.budget);
        let (stop, is_done) = (AtomicBool::new(false), AtomicBool::new(false));
        let is_over = || end.is_some_and(|end| Instant::now() >= end);
        let measured = std::thread::scope(|scope| {
            scope.spawn(|| {
                while !is_done.load(Ordering::Relaxed) {
                    if is_over() || self.cancelled.load(Ordering::Relaxed) {
                        stop.store(true, Ordering::Relaxed);
                    }
                    std::thread::sleep(GLANCE);
                }
            });
            let measured = self.measure_files(report, &stop);
            is_done.store(true, Ordering::Relaxed);
            measured
        });
        measured?;
        report.rules = rules::judge(report);
        Ok(if self.cancelled.load(Ordering::Relaxed) {
            Ending::Interrupted
        } else if stop.load(Ordering::Relaxed) {
            Ending::OverBudget
        } else {
            Ending::Complete
        })
    }

    fn measure_files(&self, report: &mut IoReport, stop: &AtomicBool) -> Result<(), IoRunError> {
        for &len_bytes in &self.sizes_bytes {
            let size = file_size_name(len_bytes);
            let is_sparse = !report.folder.holds(len_bytes);
            if is_sparse && report.folder.is_memory() {
                let kind = &report.folder.file_system;
                let reason = format!("{kind} does not hold it, and to map a hole there fills it");
                report.skip(size, reason);
                continue;
            }
            if is_sparse {
                report.notes.push(format!(
                    "{size}: the disk does not hold it beside the reserve, so the file is sparse: \
                     its pages are zeros that no disk is read for"
                ));
            }
            (self.on_begin)(format!("makes a file of {size}"));
            let folder = report.folder.path.clone();
            let failed = |error| IoRunError {
                folder: folder.display().to_string(),
                len_bytes,
                error,
            };
            let made = TestFile::create(&folder, len_bytes, is_sparse, stop);
            let Some(file) = made.map_err(failed)? else {
                report.skip(size, "the run ended before the file was made");
                continue;
            };
            for &state in &self.states {
                if state == CacheState::Cold && report.folder.is_memory() {
                    let kind = &report.folder.file_system;
                    let reason = format!("a file of {kind} is in memory and nowhere else");
                    report.skip(format!("{size}, cache cold"), reason);
                    continue;
                }
                let mut matrix = Matrix::new(self, &file, state, stop);
                matrix.measure().map_err(failed)?;
                matrix.report(report);
            }
        }
        Ok(())
    }
}

/// The rows of one file in one state of the cache.
struct Matrix<'a> {
    run: &'a IoRun<'a>,
    file: &'a TestFile,
    facts: FileFacts,
    stop: &'a AtomicBool,
    columns: Vec<Column>,
}

/// The samples of a row.
struct Column {
    setup: Setup,
    /// Why it has no figure, or no further one.
    problem: Option<Problem>,
    /// What the pass that is not timed takes.
    observed: Observation,
    read_bytes: u64,
    seconds: Vec<f64>,
    counted: Vec<Counters>,
    cached: Vec<f64>,
}

enum Problem {
    Wrong(String),
    NotHere(String),
}

impl<'a> Matrix<'a> {
    fn new(
        run: &'a IoRun<'a>,
        file: &'a TestFile,
        cache: CacheState,
        stop: &'a AtomicBool,
    ) -> Self {
        let skips_holes = |setup: &Setup| setup.method == IoMethod::Auto || setup.threads > 1;
        let column = |&setup: &Setup| Column {
            setup,
            problem: (file.form() == FileForm::Sparse && skips_holes(&setup))
                .then(|| Problem::NotHere("the sum of a file does not read its holes".to_owned())),
            observed: Observation::default(),
            read_bytes: 0,
            seconds: Vec::new(),
            counted: Vec::new(),
            cached: Vec::new(),
        };
        Self {
            run,
            file,
            facts: FileFacts {
                size_bytes: file.len_bytes(),
                form: file.form(),
                cache,
            },
            stop,
            columns: run.setups.iter().map(column).collect(),
        }
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// One pass of each that looks at its memory, and then the rounds.
    fn measure(&mut self) -> io::Result<()> {
        self.facts.cache.begin(self.file, self.stop)?;
        let mut columns = std::mem::take(&mut self.columns);
        for round in 0..=self.run.runs {
            for column in &mut columns {
                let is_program = column.setup.method.is_program();
                if column.problem.is_some() || (round == 0 && is_program) || self.is_stopped() {
                    continue;
                }
                let cached = self.facts.cache.renew(self.file, self.stop)?;
                let runs = self.run.runs;
                let which = match round {
                    0 => "its memory".to_owned(),
                    round => format!("run {round} of {runs}"),
                };
                (self.run.on_begin)(format!("{}: {}, {which}", self.facts, column.setup));
                if round == 0 {
                    self.observe(column);
                } else {
                    self.time(column, cached);
                }
            }
        }
        self.columns = columns;
        Ok(())
    }

    /// Passes that are not timed, in another process.
    fn observe(&self, column: &mut Column) {
        if let Some(command) = self.run.observer {
            column.observed = observe::observe(command, self.file.at(), &column.setup, self.stop);
        }
    }

    fn time(&self, column: &mut Column, cached: f64) {
        let before = Counters::now();
        let start = Instant::now();
        let pass = self.pass(&column.setup, &|_| ());
        let elapsed = start.elapsed();
        let counted = Counters::now().since(&before);
        let own_clock = pass.as_ref().ok().and_then(|pass| pass.elapsed);
        if self.accept(column, pass) {
            column
                .seconds
                .push(own_clock.unwrap_or(elapsed).as_secs_f64());
            column.counted.push(counted);
            column.cached.push(cached);
        }
    }

    fn pass(&self, setup: &Setup, on_progress: &(dyn Fn(u64) + Sync)) -> Result<Pass, PassError> {
        let watch = Watch {
            on_progress,
            cancelled: self.stop,
        };
        if setup.method.is_program() {
            return bound::pass(self.file, setup, self.facts.cache, watch);
        }
        self.run.reader.pass(self.file.at(), setup, watch)
    }

    /// Whether a pass counts: its checksum is that of the oracle.
    fn accept(&self, column: &mut Column, pass: Result<Pass, PassError>) -> bool {
        let pass = match pass {
            Ok(pass) => pass,
            Err(PassError::Cancelled) => return false,
            Err(PassError::NotHere(reason)) => {
                column.problem = Some(Problem::NotHere(reason));
                return false;
            }
        };
        column.read_bytes = pass.len_bytes;
        if !column.setup.has_checksum {
            return true;
        }
        let expected = expected_checksum(self.file, column.setup.method);
        if pass.checksum == Some(expected) {
            return true;
        }
        let got = pass.checksum.unwrap_or_default();
        let text = format!("the checksum is {got:08x}, and the oracle's is {expected:08x}");
        column.problem = Some(Problem::Wrong(text));
        false
    }

    fn report(self, report: &mut IoReport) {
        let facts = self.facts;
        for column in self.columns {
            let what = format!("{}, {facts}", column.setup);
            match &column.problem {
                Some(Problem::Wrong(reason)) => report.refused.push(Refusal {
                    contender: what,
                    reason: reason.clone(),
                }),
                Some(Problem::NotHere(reason)) => report.skip(what, reason),
                None if column.seconds.is_empty() => {
                    report.skip(what, "the run ended before it");
                }
                None => report.rows.push(column.row(facts)),
            }
        }
    }
}

impl Column {
    fn row(self, file: FileFacts) -> IoRow {
        let is_program = self.setup.method.is_program();
        let rates = Rates::of(self.read_bytes, &self.seconds);
        let of_all = |value: &dyn Fn(usize) -> Option<f64>| {
            let values: Option<Vec<f64>> = (0..self.seconds.len()).map(value).collect();
            values.filter(|_| !is_program).map(|values| median(&values))
        };
        let faults = |which: fn(&Counters) -> Option<u64>| {
            of_all(&|run| Some(which(&self.counted[run])? as f64 / self.seconds[run]))
        };
        let reads = of_all(&|run| self.counted[run].read_calls.map(|calls| calls as f64));
        let Observation {
            before,
            peak,
            calls,
        } = self.observed;
        let traced = calls.map(|count| (count, CallSource::Trace));
        let known = traced.or(reads.map(|count| (count as u64, CallSource::Reads)));
        IoRow {
            file,
            setup: self.setup,
            is_bound: !self.setup.has_checksum,
            read_bytes: self.read_bytes,
            gb_per_s: rates.median,
            gb_per_s_min: rates.min,
            gb_per_s_max: rates.max,
            system_calls: known.map(|(count, source)| SystemCalls { count, source }),
            minor_faults_per_s: faults(|counted| Some(counted.faults?.minor)),
            major_faults_per_s: faults(|counted| Some(counted.faults?.major)),
            pss_bytes: peak.map(|peak| peak.pss_bytes),
            pss_before_bytes: before.map(|before| before.pss_bytes),
            anonymous_bytes: peak
                .zip(before)
                .map(|(peak, before)| peak.anonymous_bytes.saturating_sub(before.anonymous_bytes)),
            cached_before: self.cached.iter().sum::<f64>() / self.cached.len() as f64,
            seconds: self.seconds,
        }
    }
}
