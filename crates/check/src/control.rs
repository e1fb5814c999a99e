//! What may end a run early, and what receives its events.

use crate::check_result::CheckResult;
use crate::finding::Finding;
use crcheck_subject::{CheckId, SubjectName, Until};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// What may end a run early, and what receives its events.
pub struct Control<'a> {
    /// If this is set, the run stops.
    pub cancelled: &'a Arc<AtomicBool>,
    /// When the run stops.
    pub deadline: Option<Instant>,
    /// Receives events, on any thread.
    pub on_event: &'a (dyn Fn(&Event<'_>) + Sync),
}

impl Control<'_> {
    /// When the run stops.
    pub fn until(&self) -> Until {
        Until {
            deadline: self.deadline,
            cancelled: Arc::clone(self.cancelled),
        }
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
