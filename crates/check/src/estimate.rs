//! How much of a run is done, and how long the rest takes.
//!
//! The unit is the work of a call: its bytes, and a constant for the call itself. Each check says
//! about how many calls and bytes a plan of some depth asks for ([`Effort`]); a check of which that
//! is not known counts as nothing.

use crate::control::Event;
use crate::effort::Effort;
use crate::plan::Plan;
use crate::verification::SubjectPlan;
use crcheck_subject::{CheckId, Subject, SubjectName};
use std::fmt;
use std::time::{Duration, Instant};

/// How much of a run is done.
#[derive(Debug)]
pub struct Estimate {
    began: Instant,
    subjects: Vec<OfSubject>,
}

/// The checks of one subject.
#[derive(Debug)]
struct OfSubject {
    name: SubjectName,
    planned: Vec<(CheckId, Effort)>,
    /// The work of the checks that have ended, as it was planned.
    ended: f64,
    /// When the current check began, and how much of its work is done.
    began: Instant,
    current: f64,
}

/// What a check has done so far, and what is left of the run.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    pub cells: u64,
    pub calls: u64,
    /// About how many calls the check makes; `None` if that is not known.
    pub of_calls: Option<u64>,
    pub calls_per_second: f64,
    /// About how long the rest of the run takes; `None` if too little is done to tell.
    pub left: Option<Duration>,
}

/// A call costs a slow kernel about as much as this many bytes.
const BYTES_OF_CALL: f64 = 64.0;

/// Nothing is foretold before this share of the work is done.
const SHARE_MIN: f64 = 0.01;

fn work(effort: Effort) -> f64 {
    effort.calls * BYTES_OF_CALL + effort.bytes
}

impl OfSubject {
    fn new(subject: &dyn Subject, plan: &Plan, began: Instant) -> Self {
        let SubjectPlan { depth, made, .. } = SubjectPlan::of(subject, plan);
        let planned = made.iter().map(|check| (check.id, (check.effort)(&depth)));
        Self {
            name: subject.name(),
            planned: planned.collect(),
            ended: 0.0,
            began,
            current: 0.0,
        }
    }

    fn planned(&self, check: CheckId) -> Effort {
        let planned = self.planned.iter().find(|(id, _)| *id == check);
        planned.map_or(Effort::default(), |(_, effort)| *effort)
    }

    fn total(&self) -> f64 {
        self.planned.iter().map(|(_, effort)| work(*effort)).sum()
    }
}

impl Estimate {
    /// The estimate of a run of `plan` that begins now.
    pub fn new(subjects: &[Box<dyn Subject>], plan: &Plan) -> Self {
        let began = Instant::now();
        let subjects = subjects.iter();
        Self {
            began,
            subjects: subjects
                .map(|subject| OfSubject::new(subject.as_ref(), plan, began))
                .collect(),
        }
    }

    /// Takes an event of the run. Returns the status if a check has gone on.
    pub fn note(&mut self, event: &Event<'_>) -> Option<Status> {
        match event {
            Event::Found { .. } => None,
            Event::Begins { subject, .. } => {
                let known = self.subject(subject)?;
                (known.began, known.current) = (Instant::now(), 0.0);
                None
            }
            Event::Ended(result) => {
                let known = self.subject(&result.subject)?;
                known.ended += work(known.planned(result.check));
                known.current = 0.0;
                None
            }
            Event::Proceeds {
                subject,
                check,
                cells,
                done,
            } => {
                let known = self.subject(subject)?;
                let planned = known.planned(*check);
                known.current = work(*done).min(work(planned));
                let seconds = known.began.elapsed().as_secs_f64();
                Some(Status {
                    cells: *cells,
                    calls: done.calls as u64,
                    of_calls: Some(planned.calls as u64).filter(|&calls| calls > 0),
                    calls_per_second: done.calls / seconds.max(1e-3),
                    left: self.left(),
                })
            }
        }
    }

    /// How much of the work is done, from 0 to 1.
    pub fn share_done(&self) -> f64 {
        let done: f64 = self
            .subjects
            .iter()
            .map(|one| one.ended + one.current)
            .sum();
        let total: f64 = self.subjects.iter().map(OfSubject::total).sum();
        if total > 0.0 { done / total } else { 0.0 }
    }

    fn left(&self) -> Option<Duration> {
        let share = self.share_done();
        let spent = self.began.elapsed().as_secs_f64();
        let left = spent * (1.0 - share) / share;
        (share >= SHARE_MIN)
            .then(|| Duration::try_from_secs_f64(left).ok())
            .flatten()
    }

    fn subject(&mut self, name: &SubjectName) -> Option<&mut OfSubject> {
        self.subjects.iter_mut().find(|one| one.name == *name)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cells, {}", rounded(self.cells), rounded(self.calls))?;
        if let Some(of) = self.of_calls {
            write!(f, " of about {}", rounded(of.max(self.calls)))?;
        }
        let rate = rounded(self.calls_per_second as u64);
        write!(f, " calls, {rate} calls/s")?;
        match self.left {
            Some(left) => write!(f, ", about {} left", readable_time(left)),
            None => Ok(()),
        }
    }
}

/// A large number in thousands or millions.
fn rounded(number: u64) -> String {
    match number {
        0..10_000 => number.to_string(),
        10_000..1_000_000 => format!("{}k", number / 1000),
        _ => format!("{:.1}M", number as f64 / 1e6),
    }
}

/// In the largest unit that has two or more.
pub fn readable_time(time: Duration) -> String {
    match time.as_secs() {
        seconds @ ..120 => format!("{seconds} s"),
        seconds @ ..7200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3600),
    }
}
