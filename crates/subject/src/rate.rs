//! How fast a subject is.

use std::time::{Duration, Instant};

/// How fast a subject was measured to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Calls per second on short messages.
    pub calls_per_second: f64,
    /// Bytes per second on long messages.
    pub bytes_per_second: f64,
}

/// How fast a subject is, as plans see it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Pace {
    /// As fast as machine code.
    #[default]
    Native,
    /// A software version: plans keep to the depth `quick`.
    Software,
    /// So slow that plans scale to this rate.
    Measured(Rate),
}

/// The long message of a measurement, in bytes.
pub(crate) const LONG_BYTES: usize = 1 << 16;

/// The messages of a measurement, in bytes: the mean length of a plan's messages, and the length of
/// those at thresholds.
const MEASURED_BYTES: [usize; 2] = [320, LONG_BYTES];

/// The most calls of a measurement, and the time after which it makes no more.
const MEASURED_CALLS: u32 = 200;
const MEASURED_FOR: Duration = Duration::from_millis(200);

impl Rate {
    /// The rate of these calls. A length whose calls do not return counts as the shorter one;
    /// `None` if those on the shortest do not return.
    pub(crate) fn measure(mut call: impl FnMut(&[u8]) -> Option<()>) -> Option<Self> {
        let message = vec![0x5a; LONG_BYTES];
        let mut calls_per_second = |message: &[u8]| {
            let began = Instant::now();
            let mut calls = 0;
            while calls < MEASURED_CALLS && began.elapsed() < MEASURED_FOR {
                call(message)?;
                calls += 1;
            }
            Some(f64::from(calls) / began.elapsed().as_secs_f64().max(1e-9))
        };
        // The first calls may wait for the subject to begin.
        let shortest = calls_per_second(&[])?;
        let [short, long] =
            MEASURED_BYTES.map(|bytes| (calls_per_second(&message[..bytes]), bytes));
        let bytes_per_second = |(rate, bytes): (Option<f64>, usize)| Some(rate? * bytes as f64);
        Some(Self {
            calls_per_second: short.0.unwrap_or(shortest),
            bytes_per_second: bytes_per_second(long)
                .or_else(|| bytes_per_second(short))
                .unwrap_or(shortest),
        })
    }
}
