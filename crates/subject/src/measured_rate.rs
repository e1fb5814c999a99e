//! The rate of any subject.

use crate::calls::FILLS;
use crate::open::open;
use crate::rate::{LONG_BYTES, Pace, Rate};
use crate::subject::Subject;
use crcheck_platform::message_memory::Placement;

/// The rate of a subject: as it was measured, or measured now by a few calls in this process.
pub fn measured_rate(subject: &dyn Subject) -> Rate {
    if let Pace::Measured(rate) = subject.capabilities().pace {
        return rate;
    }
    // An interpreter that starts anew for each call is far slower than a caller's.
    let opened = subject
        .interpreted()
        .and_then(|_| open(subject, LONG_BYTES).ok());
    if let Some(mut caller) = opened {
        let placement = Placement::aligned(0);
        let rate = Rate::measure(|message| {
            let outcome = caller.call(placement, 0, message, FILLS[0]);
            outcome.ok().map(|_| ())
        });
        return rate.unwrap_or(UNKNOWN);
    }
    let call = |message: &[u8]| {
        subject.update(0, message);
        Some(())
    };
    Rate::measure(call).expect("every call returns")
}

/// The rate of a subject whose calls do not return: its plan ends at the first one.
const UNKNOWN: Rate = Rate {
    calls_per_second: 1e6,
    bytes_per_second: 1e9,
};
