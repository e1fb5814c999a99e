//! Single calls outside of every caller.

use super::caller::InterpretedCaller;
use super::stopped::Halt;
use super::target::Target;
use crate::caller::Caller;
use crate::calls::FILLS;
use crate::stop::Stop;
use crcheck_machine::Cpu;
use crcheck_platform::message_memory::Placement;
use crcheck_platform::signal;

/// Makes one call of `target` on `cpu`, on a copy of `message` at the same alignment.
///
/// # Errors
/// What stopped it.
///
/// # Panics
/// If the operating system refuses the memory, or the target cannot be called.
pub fn call_alone(
    target: &dyn Target,
    cpu: &Cpu,
    checksum: u64,
    message: &[u8],
) -> Result<u64, Halt> {
    let opened = InterpretedCaller::open(target, cpu, message.len(), None);
    let mut caller = opened.unwrap_or_else(|error| panic!("{error}"));
    let placement = Placement::aligned(message.as_ptr() as usize);
    let outcome = caller.call(placement, checksum, message, FILLS[0]);
    outcome.map_err(|stop| match caller.take_unmodelled() {
        Some(unmodelled) => Halt::Unmodelled(unmodelled),
        None => Halt::Stop(stop),
    })
}

/// Makes the call of [`Subject::combine`](crate::Subject::combine), as [`update`] does.
pub(super) fn combine(target: &dyn Target, cpu: &Cpu, a: u64, b: u64, len_b: u64) -> Option<u64> {
    let opened = InterpretedCaller::open(target, cpu, 0, None);
    let mut caller = opened.unwrap_or_else(|error| panic!("{error}"));
    let outcome = caller.combine(a, b, len_b)?;
    Some(outcome.unwrap_or_else(|stop| signal::throw(stop)))
}

/// Makes the call of [`Subject::update`](crate::Subject::update). If something stops the call, this
/// throws the [`Stop`], as [`signal::catch`] expects it.
pub(super) fn update(target: &dyn Target, cpu: &Cpu, checksum: u64, message: &[u8]) -> u64 {
    call_alone(target, cpu, checksum, message).unwrap_or_else(|halt| {
        signal::throw(match halt {
            Halt::Stop(stop) => stop,
            Halt::Unmodelled(_) => Stop::not_made(),
        })
    })
}
