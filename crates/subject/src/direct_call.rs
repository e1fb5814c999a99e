//! Calls of a foreign subject's `update` and `combine` outside of every caller.

use crate::caller::Caller;
use crate::calls::FILLS;
use crate::foreign::Foreign;
use crate::until::Until;
use crate::worker::Remote;
use crcheck_platform::message_memory::Placement;
use crcheck_platform::signal;
use std::sync::{Mutex, PoisonError};

/// Makes one call. It copies the message to where the other process sees it, at the same alignment.
///
/// If something stops the call, this throws the [`Stop`](crate::Stop), as [`signal::catch`] expects
/// it.
///
/// # Panics
/// If a longer message needs another process, and that does not start.
pub(crate) fn call_directly(
    own: &Mutex<Remote>,
    foreign: &dyn Foreign,
    checksum: u64,
    message: &[u8],
) -> u64 {
    let mut own = own.lock().unwrap_or_else(PoisonError::into_inner);
    if message.len() > own.capacity_bytes() {
        match foreign.open(message.len().next_power_of_two()) {
            Ok(larger) => *own = larger,
            Err(error) => panic!("{error}"),
        }
    }
    own.renew(&Until::default());
    let placement = Placement::aligned(message.as_ptr() as usize);
    let outcome = own.call(placement, checksum, message, FILLS[0]);
    drop(own);
    outcome.unwrap_or_else(|stop| signal::throw(stop))
}

/// Combines two checksums; `None` if the subject has no combine function.
///
/// If something stops the call, this throws the stop, as [`call_directly`] does.
pub(crate) fn combine_directly(own: &Mutex<Remote>, a: u64, b: u64, len_b: u64) -> Option<u64> {
    let mut own = own.lock().unwrap_or_else(PoisonError::into_inner);
    own.renew(&Until::default());
    let outcome = own.combine(a, b, len_b)?;
    drop(own);
    Some(outcome.unwrap_or_else(|stop| signal::throw(stop)))
}
