//! The rate of any subject.

use crate::rate::{Pace, Rate};
use crate::subject::Subject;

/// The rate of a subject: as it was measured, or measured now by a few calls in this process.
pub fn measured_rate(subject: &dyn Subject) -> Rate {
    if let Pace::Measured(rate) = subject.capabilities().pace {
        return rate;
    }
    let call = |message: &[u8]| {
        subject.update(0, message);
        Some(())
    };
    Rate::measure(call).expect("every call returns")
}
