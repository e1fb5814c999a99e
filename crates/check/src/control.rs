//! What may end a run early, and what receives its events.

use crate::check_result::CheckResult;
use crate::effort::Effort;
use crate::finding::Finding;
use crate::halt::Why;
use crcheck_subject::{CheckId, SubjectName, Until};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

/// What may end a run early, and what receives its events.
pub struct Control<'a> {
    /// If this is set, the run stops.
    pub cancelled: &'a Arc<AtomicBool>,
    /// When the run stops.
    pub deadline: Option<Instant>,
    /// Whether the first finding stops the run of its subject.
    pub stops_at_finding: bool,
    /// Receives events, on any thread.
    pub on_event: &'a (dyn Fn(&Event<'_>) + Sync),
}

/// How long the minimizer and the diagnosis of all findings may call another process after the
/// deadline of a run.
const AFTERWARDS: Duration = Duration::from_secs(10);

/// Nothing ends the run early, and nothing receives its events.
impl Default for Control<'_> {
    fn default() -> Self {
        static NEVER: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);
        Self {
            cancelled: &NEVER,
            deadline: None,
            stops_at_finding: false,
            on_event: &|_| {},
        }
    }
}

impl Control<'_> {
    /// When the run stops.
    pub fn until(&self) -> Until {
        Until {
            deadline: self.deadline,
            cancelled: Arc::clone(self.cancelled),
        }
    }

    /// When the minimizer and the diagnosis stop to call another process.
    pub fn until_described(&self) -> Until {
        Until {
            deadline: self.deadline.map(|deadline| deadline + AFTERWARDS),
            ..self.until()
        }
    }

    /// Whether the run is to stop now.
    pub fn should_stop(&self) -> bool {
        self.until().is_now()
    }

    /// Why the run is to stop.
    pub fn why(&self) -> Why {
        if self.is_cancelled() {
            Why::Interrupt
        } else {
            Why::Budget
        }
    }

    /// Whether somebody waits for the end: then findings stay as they were found.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

/// What happens during a run.
pub enum Event<'a> {
    /// A finding of a new cause, as soon as it is found.
    Found(&'a Finding),
    /// A check of a subject begins.
    Begins {
        subject: &'a SubjectName,
        check: CheckId,
    },
    /// A check has gone on. It says so a few times a second.
    Proceeds {
        subject: &'a SubjectName,
        check: CheckId,
        /// The cells that it has visited.
        cells: u64,
        /// The calls that it has made on them.
        done: Effort,
    },
    /// A check of a subject has ended.
    Ended(&'a CheckResult),
}
