//! A target in the loop of a fuzzer, and what the loop knows when the process ends.

use super::{FuzzRunner, FuzzTally, Taken, Target};
use crate::artifact::Artifact;
use crate::circumstances::Circumstances;
use crate::code_hash::code_sha256;
use crate::finding::Finding;
use crate::input;
use crate::run::RunError;
use crcheck_oracle::model::Model;
use crcheck_subject::{Subject, SubjectName};
use std::fmt;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// A finding of a target.
#[derive(Debug)]
pub struct FuzzFinding {
    pub finding: Finding,
    /// Its case, ready to be saved; `None` if operations show it, which the input alone has.
    pub artifact: Option<Artifact>,
}

/// The finding of a sanitizer, which ends the process.
#[derive(Debug)]
pub struct SanitizerFinding {
    /// The subjects. The sanitizer does not say which of them it stopped.
    pub subjects: Vec<SubjectName>,
    /// The first sentence of the sanitizer's report.
    pub summary: String,
    /// The input's case, ready to be saved; `None` before the first input.
    pub artifact: Option<Artifact>,
}

/// How much a target judged, and how fast.
#[derive(Debug)]
pub struct FuzzSummary {
    pub tally: FuzzTally,
    /// How long that took.
    pub elapsed: Duration,
}

impl fmt::Display for FuzzSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FuzzTally {
            inputs,
            bytes,
            long,
            skipped,
            software,
            audited,
        } = self.tally;
        write!(
            f,
            "{inputs} inputs judged, {:.0} a second, mean length {:.0} bytes, {long} longer than \
             {}, {skipped} skipped, {software} with a software tier, {audited} with audited calls",
            inputs as f64 / self.elapsed.as_secs_f64(),
            bytes as f64 / inputs.max(1) as f64,
            input::LENGTH_COMMON,
        )
    }
}

/// What a sanitizer's report and the last line of output need. It is apart from the [`Driver`],
/// which a call of a subject keeps busy when a sanitizer reports.
#[derive(Debug, Default)]
pub struct FuzzProgress {
    state: Mutex<Option<State>>,
}

#[derive(Debug)]
struct State {
    target: Target,
    subjects: Vec<SubjectName>,
    model: Model,
    began: Instant,
    tally: FuzzTally,
    /// The current input.
    input: Vec<u8>,
}

impl FuzzProgress {
    /// The progress of a process that has not begun.
    pub const fn new() -> Self {
        Self {
            state: Mutex::new(None),
        }
    }

    /// Begins the work for `target`.
    pub fn begin(&self, target: Target) {
        *self.lock() = Some(State {
            target,
            subjects: Vec::new(),
            model: Model::CRC_32_ISO_HDLC,
            began: Instant::now(),
            tally: FuzzTally::default(),
            input: Vec::new(),
        });
    }

    /// Takes the summary at the end of the process; `None` if it was taken before.
    pub fn take_summary(&self) -> Option<FuzzSummary> {
        self.take().map(|state| FuzzSummary {
            tally: state.tally,
            elapsed: state.began.elapsed(),
        })
    }

    /// Takes the finding of a sanitizer's report on the current input. The process then ends
    /// without a summary.
    pub fn take_sanitizer_finding(&self, report: &str) -> Option<SanitizerFinding> {
        let state = self.take()?;
        let mut errors = report.lines().filter_map(|line| line.split_once("ERROR: "));
        let summary = errors.next().map_or("", |(_, error)| error).to_owned();
        let case = input::decode(&state.input, &state.model);
        let subject = match state.subjects.as_slice() {
            [name] => Some(name.clone()),
            _ => None,
        };
        let found_by = format!("{}, by AddressSanitizer", finder_name(state.target));
        let artifact = case.map(|case| Artifact {
            subject,
            summary: summary.clone(),
            ..Artifact::of_case(case, &state.model, found_by)
        });
        Some(SanitizerFinding {
            subjects: state.subjects,
            summary,
            artifact,
        })
    }

    /// Takes the state, unless the lock is held: a sanitizer may report, and a process may end,
    /// then.
    fn take(&self) -> Option<State> {
        self.state.try_lock().ok()?.take()
    }

    fn lock(&self) -> MutexGuard<'_, Option<State>> {
        self.state.lock().expect("no panic while held")
    }

    fn with(&self, act: impl FnOnce(&mut State)) {
        if let Some(state) = self.lock().as_mut() {
            act(state);
        }
    }
}

/// A target in the loop of a fuzzer.
pub struct Driver<'s> {
    target: Target,
    runner: FuzzRunner<'s>,
    progress: &'s FuzzProgress,
}

impl<'s> Driver<'s> {
    /// Judges what needs no input. The driver is then ready for the first one.
    ///
    /// # Errors
    /// If the judges do not qualify, or the operating system refuses the message memory.
    pub fn start(
        target: Target,
        subjects: &'s [Box<dyn Subject>],
        progress: &'s FuzzProgress,
        on_found: &mut dyn FnMut(FuzzFinding),
    ) -> Result<Self, RunError> {
        let names = subjects.iter().map(|subject| subject.name()).collect();
        progress.with(|state| state.subjects = names);
        let mut runner = FuzzRunner::new(target, subjects)?;
        let model = runner.model();
        progress.with(|state| state.model = model.clone());
        runner.once(&mut |finding| on_found(fuzz_finding(target, finding, model)))?;
        progress.with(|state| state.began = Instant::now());
        Ok(Self {
            target,
            runner,
            progress,
        })
    }

    /// Judges one input and hands each finding to `on_found`.
    pub fn judge(&mut self, input: &[u8], on_found: &mut dyn FnMut(FuzzFinding)) -> Taken {
        let Self {
            target,
            runner,
            progress,
        } = self;
        let model = runner.model();
        progress.with(|state| {
            state.tally = runner.tally();
            state.input.clear();
            state.input.extend_from_slice(input);
        });
        runner.judge(input, &mut |finding| {
            on_found(fuzz_finding(*target, finding, model))
        })
    }
}

fn fuzz_finding(target: Target, finding: Finding, model: &Model) -> FuzzFinding {
    let artifact = || Artifact {
        circumstances: Circumstances {
            code_sha256: code_sha256(&finding.subject),
            ..Circumstances::here()
        },
        ..Artifact::of(&finding, model, &finder_name(target))
    };
    let artifact = (!target.takes_operations()).then(artifact);
    FuzzFinding { finding, artifact }
}

fn finder_name(target: Target) -> String {
    format!("fuzz target {target}")
}
