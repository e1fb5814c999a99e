//! One core for the whole run: a thread that moves between cores loses its caches.

use rustix::thread::{CpuSet, sched_getcpu, sched_setaffinity};
use std::io;

/// Keeps this thread on `core`, or on the core where it runs. Returns the core's number.
///
/// # Errors
/// What the system says, for example that the process must not use the core.
pub fn pin(core: Option<usize>) -> io::Result<usize> {
    let core = core.unwrap_or_else(sched_getcpu);
    if core >= CpuSet::MAX_CPU {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut cores = CpuSet::new();
    cores.set(core);
    sched_setaffinity(None, &cores)?;
    Ok(core)
}
