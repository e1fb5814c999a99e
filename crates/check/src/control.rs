//! What may end a run early, and what receives its events.

use crate::check_result::CheckResult;
use crate::effort::Effort;
use crate::finding::Finding;
use crate::halt::Why;
use crcheck_subject::{CheckId, SubjectName, Until};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};
use std::time::{Duration, Instant};

/// What may end a run early, and what receives its events.
pub struct Control<'a> {
    /// If this is set, the run stops.
    pub cancelled: &'a Arc<AtomicBool>,
    /// When the run stops.
    pub deadline: Option<Instant>,
    /// What a finding does to the rest of the run.
    pub after_finding: AfterFinding,
    /// Whether somebody accepts a finding: then it does nothing to the rest of the run.
    pub is_accepted: &'a (dyn Fn(&Finding) -> bool + Sync),
    /// The check whose finding has ended the run.
    pub ended_by: OnceLock<CheckId>,
    /// Receives events, on any thread.
    pub on_event: &'a (dyn Fn(&Event<'_>) + Sync),
}

/// What a finding does to the rest of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AfterFinding {
    /// Nothing: every check visits its whole plan.
    #[default]
    GoOn,
    /// Once a finding of a subject is explained, each check after it visits
    /// [`thinning::CASES`](crate::thinning::CASES) cells of its plan at most, unless the finding is
    /// its own.
    /// That is enough to say which checks see the same cause, and for most other causes to show.
    Thin,
    /// The run ends, on every subject. The finding is still minimized and diagnosed.
    End,
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
            after_finding: AfterFinding::GoOn,
            is_accepted: &|_| false,
            ended_by: OnceLock::new(),
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
        self.ended_by.get().is_some() || self.until().is_now()
    }

    /// Notes a finding that the check `by` has met, which may end the run.
    pub(crate) fn note(&self, finding: &Finding, by: CheckId) {
        if self.after_finding == AfterFinding::End && !(self.is_accepted)(finding) {
            // The first one counts.
            let _ = self.ended_by.set(by);
        }
    }

    /// Why the run is to stop.
    pub fn why(&self) -> Why {
        if self.is_cancelled() {
            return Why::Interrupt;
        }
        let ended_by = self.ended_by.get();
        ended_by.map_or(Why::Budget, |&of| Why::Finding { of })
    }

    /// Whether somebody waits for the end: then findings stay as they were found.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

/// What happens during a run.
pub enum Event<'a> {
    /// A finding of a new cause, as soon as it is found: the first of its kind on its subject,
    /// since nobody knows the causes before the end.
    Found {
        finding: &'a Finding,
        /// The check that has met it. The law that it breaks may be another's.
        by: CheckId,
    },
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
