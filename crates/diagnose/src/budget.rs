//! How long a diagnosis may take.
//!
//! The time of this thread counts, so that a busy machine allows the same calls as an idle one. A
//! subject in another process takes none of it: for that subject the clock on the wall counts.

use crcheck_platform::clock::thread_time;
use std::time::{Duration, Instant};

const OWN_TIME: Duration = Duration::from_millis(900);

const WALL_TIME: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    own_end: Duration,
    wall_end: Instant,
}

impl Budget {
    pub(crate) fn from_now() -> Self {
        Self {
            own_end: thread_time() + OWN_TIME,
            wall_end: Instant::now() + WALL_TIME,
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        thread_time() >= self.own_end || Instant::now() >= self.wall_end
    }
}
