//! What is known about the calls of a watched thread: whether one is under way, and how long it may
//! take.

use std::cell::Cell;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// How long a call may take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Patience {
    /// At least this processor time.
    pub least: Duration,
    /// What a normal call takes whatever its message.
    pub call: Duration,
    /// What each byte of the message adds to that, in nanoseconds.
    pub ns_per_byte: f64,
}

/// A call may take this many times what a normal call takes.
const TIMES: f64 = 1000.0;

/// No call may take longer, in seconds.
const LONGEST_S: f64 = 600.0;

impl Patience {
    /// The processor time that a call on a message of this length may take, in whole tenths of a
    /// second.
    pub fn of(&self, len_bytes: usize) -> Duration {
        let normal_s = self.call.as_secs_f64() + self.ns_per_byte * 1e-9 * len_bytes as f64;
        let allowed_s = (TIMES * normal_s).max(self.least.as_secs_f64());
        Duration::from_millis(100) * (allowed_s.min(LONGEST_S) * 10.0).ceil() as u32
    }
}

/// What the watching thread and the watched one share.
pub(super) struct Watched {
    pub(super) thread: libc::pid_t,
    /// Odd during a call.
    pub(super) number: AtomicU64,
    pub(super) len_bytes: AtomicUsize,
    /// The number of the call that the signal is meant for.
    pub(super) late: AtomicU64,
    /// How long that call has been allowed, in nanoseconds.
    pub(super) allowed_ns: AtomicU64,
    pub(super) patience: Mutex<Patience>,
}

thread_local! {
    pub(super) static WATCHED: Cell<Option<&'static Watched>> = const { Cell::new(None) };
}

/// Makes a call on a message of this length, which ends by [`Caught::Late`](super::Caught::Late) if
/// it takes too long and this thread is watched. Make it under [`catch`](super::catch).
#[inline]
pub fn during<T>(len_bytes: usize, call: impl FnOnce() -> T) -> T {
    let Some(watched) = WATCHED.get() else {
        return call();
    };
    let number = watched.number.load(Ordering::Relaxed) | 1;
    watched.len_bytes.store(len_bytes, Ordering::Relaxed);
    watched.number.store(number + 2, Ordering::Release);
    let value = call();
    watched.number.store(number + 3, Ordering::Release);
    value
}

/// Notes that no call of [`during`] is under way: a call that was left has not done so.
pub(super) fn leave() {
    if let Some(watched) = WATCHED.get() {
        let number = watched.number.load(Ordering::Relaxed);
        watched.number.store((number + 1) & !1, Ordering::Release);
    }
}

/// How long the call was allowed that ended by a signal of this number; `None` if it was not late.
pub(super) fn lateness(number: libc::c_int) -> Option<Duration> {
    let watched = WATCHED.get().filter(|_| number == signal_number())?;
    Some(Duration::from_nanos(
        watched.allowed_ns.load(Ordering::Acquire),
    ))
}

/// Few programs use the last real-time signals.
pub(super) fn signal_number() -> libc::c_int {
    libc::SIGRTMAX() - 2
}
