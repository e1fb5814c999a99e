//! Calls that threads make at once: how they start together, and when they have met often enough.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How often threads must have met before a race may end: on a busy machine they take turns, and
/// time alone does not bring them together.
pub const MEETINGS: usize = 64;

/// How much longer a race may take when the threads do not meet.
pub const PATIENCE: Duration = Duration::from_secs(3);

/// Calls on a message before the next: nearly all of the time is spent in the subject, where
/// another thread can meet it.
const CALLS: usize = 32;

/// Where threads wait for each other before their first calls.
pub struct StartLine(AtomicUsize);

impl StartLine {
    pub const fn new(threads: usize) -> Self {
        Self(AtomicUsize::new(threads))
    }

    /// Goes on when all have come. All of them spin to the start; on few cores they take turns at
    /// it.
    pub fn cross(&self) {
        self.leave();
        while self.0.load(Ordering::Relaxed) != 0 {
            std::thread::yield_now();
        }
    }

    /// For a thread that does not come.
    pub fn leave(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What the threads of a race share.
pub struct Track {
    line: StartLine,
    time: Duration,
    /// Rounds of calls that any thread has ended.
    laps: AtomicUsize,
    /// Rounds in which another thread ended one: the calls of both were under way at once.
    meetings: AtomicUsize,
}

impl Track {
    /// A race of as many threads that lasts at least for `time`.
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

    /// Makes a call a number of times, and answers with what is not `expected`, if it ever gives
    /// that.
    pub fn lap(&self, expected: u64, call: impl Fn() -> u64) -> u64 {
        let before = self.laps.load(Ordering::Relaxed);
        let mut calls = (0..CALLS).map(|_| call());
        let got = calls.find(|got| *got != expected).unwrap_or(expected);
        if self.laps.fetch_add(1, Ordering::Relaxed) != before {
            self.meetings.fetch_add(1, Ordering::Relaxed);
        }
        got
    }

    /// For a thread that has found a fault: the others need not wait for more.
    pub fn settle(&self) {
        self.meetings.fetch_add(MEETINGS, Ordering::Relaxed);
    }

    pub fn is_over(&self, began: Instant) -> bool {
        let so_far = began.elapsed();
        let met = self.meetings() >= MEETINGS;
        so_far >= self.time && (met || so_far >= self.time + PATIENCE)
    }

    /// How often they have met, at least [`MEETINGS`] if one found a fault.
    pub fn meetings(&self) -> usize {
        self.meetings.load(Ordering::Relaxed)
    }
}
