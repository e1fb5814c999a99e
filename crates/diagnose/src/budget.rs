//! How long a diagnosis may take. The time of this thread counts, so that a busy machine says the
//! same as an idle one. A subject that runs elsewhere has the clock on the wall.

use crcheck_platform::clock::thread_time;
use std::time::{Duration, Instant};

/// Of the thread's own time.
const OWN: Duration = Duration::from_millis(900);

/// On the wall.
const WALL: Duration = Duration::from_secs(4);

/// A limit, from now on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    own_end: Duration,
    wall_end: Instant,
}

impl Budget {
    pub(super) fn from_now() -> Self {
        Self {
            own_end: thread_time() + OWN,
            wall_end: Instant::now() + WALL,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        thread_time() >= self.own_end || Instant::now() >= self.wall_end
    }
}
