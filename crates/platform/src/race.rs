//! Concurrent calls: when threads have met often enough.

use crate::start_line::StartLine;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How often threads must meet before a race may end. On a busy machine threads take turns, and
/// time alone does not bring them together.
pub const MEETINGS: usize = 64;

/// How much longer a race may take when the threads do not meet.
pub const PATIENCE: Duration = Duration::from_secs(3);

/// How many calls a thread makes per round. With many of them a thread spends nearly all its time
/// in the subject, where another thread can meet it.
const CALLS: usize = 32;

/// What the threads of a race share.
pub struct Track {
    line: StartLine,
    time: Duration,
    /// The rounds of calls that any thread has ended.
    laps: AtomicUsize,
    /// The rounds during which another thread ended one: the calls of both were under way at once.
    meetings: AtomicUsize,
}

impl Track {
    /// A race of this number of threads that lasts at least for `time`.
    pub fn new(threads: usize, time: Duration) -> Self {
        Self {
            line: StartLine::new(threads),
            time,
            laps: AtomicUsize::new(0),
            meetings: AtomicUsize::new(0),
        }
    }

    /// Where the threads wait for each other.
    pub const fn line(&self) -> &StartLine {
        &self.line
    }

    /// Makes a round of calls, and returns the first value that is not `expected`, or `expected` if
    /// there is none.
    pub fn lap(&self, expected: u64, call: impl Fn() -> u64) -> u64 {
        let before = self.laps.load(Ordering::Relaxed);
        let mut calls = (0..CALLS).map(|_| call());
        let got = calls.find(|got| *got != expected).unwrap_or(expected);
        if self.laps.fetch_add(1, Ordering::Relaxed) != before {
            self.meetings.fetch_add(1, Ordering::Relaxed);
        }
        got
    }

    /// Ends the wait for more meetings, for a thread that has a finding.
    pub fn settle(&self) {
        self.meetings.fetch_add(MEETINGS, Ordering::Relaxed);
    }

    /// Whether the time is over, and the threads have met often enough or it is late.
    pub fn is_over(&self, began: Instant) -> bool {
        let is_met = began.elapsed() >= self.time && self.meetings() >= MEETINGS;
        is_met || self.is_late(began)
    }

    /// Whether nobody waits for the threads to meet any more.
    pub fn is_late(&self, began: Instant) -> bool {
        began.elapsed() >= self.time + PATIENCE
    }

    /// How often threads have met; at least [`MEETINGS`] if one of them has a finding.
    pub fn meetings(&self) -> usize {
        self.meetings.load(Ordering::Relaxed)
    }
}
