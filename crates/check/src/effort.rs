//! How much a plan asks of a slow subject, and how long that takes.

use crcheck_subject::Rate;
use std::ops::Add;
use std::time::Duration;

/// Calls, and the bytes of their messages, about.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Effort {
    pub calls: f64,
    pub bytes: f64,
}

impl Effort {
    /// Calls on messages of this mean length in bytes.
    pub(crate) fn new(calls: usize, mean_length: usize) -> Self {
        Self {
            calls: calls as f64,
            bytes: calls as f64 * mean_length as f64,
        }
    }

    /// How long that takes at this rate.
    pub fn time(self, rate: Rate) -> Duration {
        let seconds = self.calls / rate.calls_per_second + self.bytes / rate.bytes_per_second;
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }
}

impl Add for Effort {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            calls: self.calls + other.calls,
            bytes: self.bytes + other.bytes,
        }
    }
}
