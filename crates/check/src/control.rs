//! Who may end a run early, and who hears of it.

use crate::check_result::CheckResult;
use crate::finding::Finding;
use crcheck_subject::{CheckId, SubjectName};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// What may end a run early, and who hears of it while it runs.
pub struct Control<'a> {
    /// Set to stop.
    pub cancelled: &'a AtomicBool,
    /// When to stop.
    pub deadline: Option<Instant>,
    /// Called from any thread.
    pub on_event: &'a (dyn Fn(&Event<'_>) + Sync),
}

/// What happens during a run.
pub enum Event<'a> {
    /// A finding of a new cause, at the moment that it is found.
    Found(&'a Finding),
    /// A check of a subject begins.
    Begins {
        /// The subject.
        subject: &'a SubjectName,
        /// The check.
        check: CheckId,
    },
    /// A check of a subject has ended.
    Ended(&'a CheckResult),
}
