//! What a worker gives up before it runs code that is not ours.

mod capabilities;
mod files;
// The compiler of its filter is not for big-endian machines.
#[cfg(target_endian = "little")]
mod requests;

use crcheck_platform::signal::survive_large_files;
use files::Files;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::io;

/// The largest file of the subject, in bytes: it leaves room for text on stderr.
const FILE_BYTES: u64 = 1 << 20;

/// The most files and sockets that it may have open.
const FILES: u64 = 256;

/// Gives up what no kernel needs: dumps, large files, the capabilities of root, new privileges;
/// where the operating system has Landlock, every way to change the file system, the network, and
/// other processes; where it has seccomp, what Landlock does not see. Returns what is in force.
///
/// # Errors
/// If the operating system refuses a limit.
pub fn enter() -> io::Result<String> {
    limit(Resource::Core, 0)?;
    limit(Resource::Fsize, FILE_BYTES)?;
    limit(Resource::Nofile, FILES)?;
    capabilities::give_up()?;
    survive_large_files();
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

fn limit(what: Resource, most: u64) -> io::Result<()> {
    let maximum = getrlimit(what).maximum;
    let limit = Some(maximum.map_or(most, |maximum| maximum.min(most)));
    let limit = Rlimit {
        current: limit,
        maximum: limit,
    };
    Ok(setrlimit(what, limit)?)
}
