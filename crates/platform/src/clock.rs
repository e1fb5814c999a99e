//! The clocks of the operating system.

use rustix::time::{ClockId, Timespec, clock_gettime};
use std::time::Duration;

/// The processor time that this thread has taken.
pub fn thread_time() -> Duration {
    since_its_zero(ClockId::ThreadCPUTime)
}

/// The time that has passed since some moment in the past.
pub fn monotonic_time() -> Duration {
    since_its_zero(ClockId::Monotonic)
}

fn since_its_zero(clock: ClockId) -> Duration {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(clock);
    Duration::new(tv_sec as u64, tv_nsec as u32)
}
