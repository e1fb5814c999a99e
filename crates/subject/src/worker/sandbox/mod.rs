//! What a worker gives up before it runs code that is not ours.

mod files;
// What makes its filter is not for big-endian machines.
#[cfg(target_endian = "little")]
mod requests;

use files::Files;
use std::io;

/// Bytes that a file of the subject may have: room for what it says on stderr.
const FILE_BYTES: u64 = 1 << 20;

/// Files and sockets that it may have open.
const FILES: u64 = 256;

/// Gives up what no kernel needs: dumps, large files, new privileges; where the operating system has Landlock,
/// every way of changing the file system, the network, and other processes; where it has seccomp, what
/// Landlock does not see. Answers what is in force.
///
/// # Errors
/// What the operating system says when it refuses a limit.
pub fn enter() -> io::Result<String> {
    limit(libc::RLIMIT_CORE, 0)?;
    limit(libc::RLIMIT_FSIZE, FILE_BYTES)?;
    limit(libc::RLIMIT_NOFILE, FILES)?;
    // SAFETY: no other thread runs, and the action exists. What is too large is an error then.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
    let mut active = vec!["rlimit".to_owned()];
    let files = files::give_up();
    match files {
        Files::Kept => {}
        Files::GivenUpInPart => active.push("landlock (in part)".to_owned()),
        Files::GivenUp => active.push("landlock".to_owned()),
    }
    #[cfg(target_endian = "little")]
    if requests::give_up(files) {
        active.push("seccomp".to_owned());
    }
    Ok(active.join(", "))
}

fn limit(what: libc::__rlimit_resource_t, most: u64) -> io::Result<()> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the resource exists and the structure is ours.
    if unsafe { libc::getrlimit(what, &raw mut limit) } != 0 {
        return Err(io::Error::last_os_error());
    }
    limit.rlim_max = limit.rlim_max.min(most as libc::rlim_t);
    limit.rlim_cur = limit.rlim_max;
    // SAFETY: as above.
    if unsafe { libc::setrlimit(what, &raw const limit) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}
