//! One core for the whole run: a thread that moves between cores loses its caches.

use rustix::thread::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};
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

/// Whether this thread could stay on `core`. It stays free to move.
///
/// # Errors
/// Those of [`pin`].
pub fn try_pin(core: usize) -> io::Result<()> {
    let free = sched_getaffinity(None)?;
    pin(Some(core))?;
    sched_setaffinity(None, &free)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trial_leaves_the_thread_where_it_was() {
        let before = sched_getaffinity(None).expect("the cores of this thread");
        assert!(try_pin(sched_getcpu()).is_ok());
        assert!(try_pin(CpuSet::MAX_CPU - 1).is_err());
        assert!(try_pin(CpuSet::MAX_CPU).is_err());
        assert!(sched_getaffinity(None).expect("the same cores") == before);
    }
}
