//! When calls end before they return.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// When calls in another process end before they return; by default never.
#[derive(Clone, Debug, Default)]
pub struct Until {
    /// The time.
    pub deadline: Option<Instant>,
    /// The flag that ends them too.
    pub cancelled: Arc<AtomicBool>,
}

impl Until {
    /// Whether that is now.
    pub fn is_now(&self) -> bool {
        let is_late = |deadline| Instant::now() >= deadline;
        self.cancelled.load(Ordering::Relaxed) || self.deadline.is_some_and(is_late)
    }
}
