//! What may end a run early, and what receives its events.

use crate::check_result::CheckResult;
use crate::finding::Finding;
use crcheck_subject::{CheckId, SubjectName};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// What may end a run early, and what receives its events.
pub struct Control<'a> {
    /// If this is set, the run stops.
    pub cancelled: &'a AtomicBool,
    /// When the run stops.
    pub deadline: Option<Instant>,
    /// Whether the first finding stops the run of its subject.
    pub stops_at_finding: bool,
    /// Receives events, on any thread.
    pub on_event: &'a (dyn Fn(&Event<'_>) + Sync),
}

/// Nothing ends the run early, and nothing receives its events.
impl Default for Control<'_> {
    fn default() -> Self {
        static NEVER: AtomicBool = AtomicBool::new(false);
        Self {
            cancelled: &NEVER,
            deadline: None,
            stops_at_finding: false,
            on_event: &|_| {},
        }
    }
}

impl Control<'_> {
    /// Whether the run is to stop now.
    pub fn should_stop(&self) -> bool {
        let is_late = self
            .deadline
            .is_some_and(|deadline| Instant::now() >= deadline);
        is_late || self.is_cancelled()
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
    /// A check of a subject has ended.
    Ended(&'a CheckResult),
}
