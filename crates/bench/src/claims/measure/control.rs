//! What bounds the measurements.

use crate::claims::answer::Missing;
use crate::claims::claim::Need;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What bounds the measurements, and what they use.
pub struct MeasureControl<'a> {
    /// Set to end them.
    pub cancelled: &'a AtomicBool,
    /// When they end.
    pub deadline: Instant,
    /// The seed of everything that is random.
    pub seed: u64,
    /// The programs `go` to measure.
    pub go: &'a [PathBuf],
    /// Called before each measurement.
    pub on_begin: &'a (dyn Fn(Need) + Sync),
}

impl MeasureControl<'_> {
    /// Whether to end now.
    pub fn is_over(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed) || Instant::now() >= self.deadline
    }

    /// An error if the end has come.
    pub(super) fn go_on(&self) -> Result<(), Missing> {
        if self.is_over() {
            return Err(Missing::Unfinished);
        }
        Ok(())
    }

    /// Up to `wanted`, or what is left.
    pub(super) fn at_most(&self, wanted: Duration) -> Duration {
        wanted.min(self.deadline.saturating_duration_since(Instant::now()))
    }
}
