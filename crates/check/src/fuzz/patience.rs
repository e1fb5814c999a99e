//! How long a call may take in a fuzz target, by the speed that is measured before the first input.

use crcheck_platform::clock::thread_time;
use crcheck_platform::forked_call::{self, ForkOutcome};
use crcheck_platform::signal;
use crcheck_platform::signal::watch::{self, Patience};
use crcheck_subject::Subject;
use std::io;
use std::time::Duration;

/// Without a measured speed a call may take this processor time.
const UNMEASURED: Duration = Duration::from_secs(10);

/// With one it may take at least this: a call may build a table once.
const LEAST: Duration = Duration::from_millis(500);

/// How long the measurement may take.
const MEASURING: Duration = Duration::from_secs(10);

/// The length of the measured message, in bytes.
const MEASURED_BYTES: usize = 1 << 14;

/// Watches this thread's calls of those of `subjects` that have an entry, from now on: the others
/// are our own code. Returns `false` if one of them may hang, since its speed cannot be measured.
///
/// # Errors
/// If the operating system refuses the watching thread.
pub(super) fn begin(subjects: &[&dyn Subject], length_max: usize) -> io::Result<bool> {
    let entered = subjects
        .iter()
        .copied()
        .filter(|subject| subject.entry().is_some());
    let subjects: Vec<&dyn Subject> = entered.collect();
    if subjects.is_empty() {
        return Ok(true);
    }
    watch::begin(Patience {
        least: UNMEASURED,
        call: Duration::ZERO,
        ns_per_byte: 0.0,
    })?;
    let message = vec![0x5a; MEASURED_BYTES.min(length_max)];
    let Some([call_s, message_s]) = measure(&subjects, &message) else {
        return Ok(false);
    };
    watch::begin(Patience {
        least: LEAST,
        call: Duration::from_secs_f64(call_s),
        ns_per_byte: message_s * 1e9 / message.len().max(1) as f64,
    })?;
    Ok(true)
}

/// The processor time of a call without a message and of one with it, of the slowest subject, in
/// seconds. A copy of this process measures, because here threads are to race the first call.
/// `None` if it does not come to an end.
fn measure(subjects: &[&dyn Subject], message: &[u8]) -> Option<[f64; 2]> {
    let has_go = |subject: &&dyn Subject| subject.capabilities().has_go_runtime;
    if subjects.iter().any(has_go) {
        // Go's runtime does not survive a fork, and `threads` leaves it out.
        return slowest(subjects, message);
    }
    let outcome = forked_call::run(MEASURING, || {
        serde_json::to_vec(&slowest(subjects, message)).expect("plain data is always JSON")
    });
    match outcome {
        Ok(ForkOutcome::Answered(text)) => serde_json::from_slice(&text).ok()?,
        Ok(ForkOutcome::Late | ForkOutcome::Died(_)) | Err(_) => None,
    }
}

/// What [`measure`] returns, of calls in this process; `None` if one does not return.
fn slowest(subjects: &[&dyn Subject], message: &[u8]) -> Option<[f64; 2]> {
    let time_s = |subject: &dyn Subject, message: &[u8]| {
        let checksum = subject.model().initial_checksum();
        // The first call may build a table.
        subject.update(checksum, message);
        let before = thread_time();
        std::hint::black_box(subject.update(checksum, message));
        (thread_time() - before).as_secs_f64()
    };
    let mut slowest = [0.0_f64; 2];
    for subject in subjects {
        for (slowest, message) in slowest.iter_mut().zip([&message[..0], message]) {
            let time_s = signal::catch(|| time_s(*subject, message)).ok()?;
            *slowest = slowest.max(time_s);
        }
    }
    Some(slowest)
}
