//! How much of the current file is done.

use crate::progress::Progress;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Nobody waits for a file that takes less.
const SHORT: Duration = Duration::from_millis(500);

/// Counts the bytes of a file from any thread, and shows them if it takes long.
pub(crate) struct Meter<'p> {
    progress: &'p Progress,
    done_bytes: AtomicU64,
    current: Mutex<Option<Current>>,
}

struct Current {
    name: String,
    len_bytes: Option<u64>,
    since: Instant,
    is_shown: bool,
}

impl<'p> Meter<'p> {
    pub(crate) const fn new(progress: &'p Progress) -> Self {
        Self {
            progress,
            done_bytes: AtomicU64::new(0),
            current: Mutex::new(None),
        }
    }

    /// Counts bytes.
    pub(crate) fn add(&self, bytes: u64) {
        self.done_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Does `work` on a file, which `describe` gives the name and the length of.
    pub(crate) fn measure<T>(
        &self,
        describe: impl FnOnce() -> (String, Option<u64>),
        work: impl FnOnce() -> T,
    ) -> T {
        if !self.progress.is_shown() {
            return work();
        }
        let (name, len_bytes) = describe();
        // The system may make it up as it is read.
        let len_bytes = len_bytes.filter(|&len_bytes| len_bytes > 0);
        self.done_bytes.store(0, Ordering::Relaxed);
        self.set(Some(Current {
            name,
            len_bytes,
            since: Instant::now(),
            is_shown: false,
        }));
        let done = work();
        self.set(None);
        done
    }

    fn set(&self, current: Option<Current>) {
        let mut slot = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if slot.as_ref().is_some_and(|before| before.is_shown) {
            self.progress.finish();
        }
        *slot = current;
    }

    /// Shows how much is done, if that takes long.
    pub(crate) fn tick(&self) {
        let mut slot = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(current) = slot
            .as_mut()
            .filter(|current| current.since.elapsed() > SHORT)
        else {
            return;
        };
        if !current.is_shown {
            current.is_shown = true;
            self.progress.begin_file(current.len_bytes);
        }
        let done_bytes = self.done_bytes.load(Ordering::Relaxed);
        self.progress
            .set_bytes(done_bytes, current.since.elapsed(), &current.name);
    }
}
