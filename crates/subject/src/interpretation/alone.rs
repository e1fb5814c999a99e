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
