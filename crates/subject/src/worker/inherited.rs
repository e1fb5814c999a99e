//! Descriptors that a process inherits, by their numbers.

use std::io;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::sync::Mutex;

static TAKING: Mutex<()> = Mutex::new(());

/// Takes an inherited descriptor, once.
///
/// What a process inherits has passed `execve`, so it has no flag `FD_CLOEXEC`; it gets the flag
/// here. All that Rust opens has it from the start. So a descriptor without it has no owner yet.
///
/// # Errors
/// If there is no such descriptor, or if it has an owner.
pub(super) fn take(number: RawFd) -> io::Result<OwnedFd> {
    let refused = |reason: &str| {
        let text = format!("descriptor {number} {reason}");
        Err(io::Error::new(io::ErrorKind::InvalidInput, text))
    };
    if number <= libc::STDERR_FILENO {
        return refused("is not passed by a parent");
    }
    let _one_at_a_time = TAKING.lock().expect("no panic while held");
    // SAFETY: the call takes any number, and refuses those that are not open.
    let flags = unsafe { libc::fcntl(number, libc::F_GETFD) };
    if flags < 0 {
        return refused("is not open");
    }
    if flags & libc::FD_CLOEXEC != 0 {
        return refused("is not inherited");
    }
    // SAFETY: as above. The number is open.
    if unsafe { libc::fcntl(number, libc::F_SETFD, flags | libc::FD_CLOEXEC) } < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: it is open and, as it had no flag `FD_CLOEXEC`, has no owner. From now on it has the
    // flag, so nobody takes it again.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}
