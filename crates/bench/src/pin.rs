//! One core for the whole run: moving between cores costs the caches.

use std::io;
use std::mem;

/// Keeps this thread on `core`, or on the one where it runs; answers which.
///
/// # Errors
/// What the system says, such as that the core is not one that the process may use.
pub fn pin(core: Option<usize>) -> io::Result<usize> {
    let core = match core {
        Some(core) => core,
        // SAFETY: the call has no precondition.
        None => usize::try_from(unsafe { libc::sched_getcpu() })
            .map_err(|_| io::Error::last_os_error())?,
    };
    // SAFETY: all zeros is the empty set.
    let mut set: libc::cpu_set_t = unsafe { mem::zeroed() };
    if core >= libc::CPU_SETSIZE as usize {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // SAFETY: `core` is below the set's size.
    unsafe { libc::CPU_SET(core, &mut set) };
    // SAFETY: the size is that of the set.
    match unsafe { libc::sched_setaffinity(0, mem::size_of_val(&set), &set) } {
        0 => Ok(core),
        _ => Err(io::Error::last_os_error()),
    }
}
