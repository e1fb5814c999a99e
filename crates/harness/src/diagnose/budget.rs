//! How long a diagnosis may take. What counts is the time of this thread, so that a busy machine is told
//! the same as an idle one; a subject that runs elsewhere is held to the clock on the wall.

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
            own_end: own() + OWN,
            wall_end: Instant::now() + WALL,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        own() >= self.own_end || Instant::now() >= self.wall_end
    }
}

/// The processor time that this thread has taken.
fn own() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is a timespec of ours, which the call fills.
    let outcome = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    assert_eq!(outcome, 0, "Linux has this clock");
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
