//! What a worker gives up before it runs code that is not ours.

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetStatus, Scope, path_beneath_rules,
};
use std::io;

/// Bytes that a file of the subject may have: room for what it says on stderr.
const FILE_BYTES: u64 = 1 << 20;

/// Files and sockets that it may have open.
const FILES: u64 = 256;

/// Gives up what no kernel needs: dumps, large files, new privileges; and, where the operating system
/// has Landlock, every way of changing the file system, the network, and other processes. Answers what
/// is in force.
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
    active.extend(landlock());
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

/// What Landlock takes away here; nothing where there is none.
fn landlock() -> Option<String> {
    let abi = ABI::V6;
    // Reading and executing stay: a library loads others. Runtimes open /dev/null to write to it.
    let null = path_beneath_rules(["/dev/null"], AccessFs::WriteFile);
    let ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_write(abi))
        .and_then(|ruleset| ruleset.handle_access(AccessNet::from_all(abi)))
        .and_then(|ruleset| ruleset.scope(Scope::from_all(abi)))
        .and_then(|ruleset| ruleset.create())
        .and_then(|ruleset| ruleset.add_rules(null))
        .and_then(|ruleset| ruleset.restrict_self());
    let status = ruleset.ok()?;
    match status.ruleset {
        RulesetStatus::FullyEnforced => Some("landlock".to_owned()),
        RulesetStatus::PartiallyEnforced => Some("landlock (in part)".to_owned()),
        RulesetStatus::NotEnforced => None,
    }
}
