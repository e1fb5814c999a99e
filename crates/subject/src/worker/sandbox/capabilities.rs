//! The capabilities of root: this process keeps those that read files, and that become another
//! user.

use rustix::io;
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, clear_ambient_capability_set, set_capabilities,
    set_no_new_privs,
};

/// The first two read a library that another user owns; Landlock refuses the writes that they would
/// allow. With the others a program steps down to a user with fewer rights.
const KEPT: CapabilitySet = CapabilitySet::DAC_OVERRIDE
    .union(CapabilitySet::DAC_READ_SEARCH)
    .union(CapabilitySet::SETUID)
    .union(CapabilitySet::SETGID);

/// Gives up all other capabilities, those of the programs that this process executes included: a
/// mount, the clock, limits beyond one's own, and whatever else the operating system keeps for
/// root.
///
/// # Errors
/// If the operating system refuses.
pub(super) fn give_up() -> io::Result<()> {
    set_no_new_privs(true)?;
    // A system without ambient capabilities has none to clear.
    let _ = clear_ambient_capability_set();
    let had = capabilities(None)?;
    let sets = CapabilitySets {
        effective: had.effective & KEPT,
        permitted: had.permitted & KEPT,
        inheritable: CapabilitySet::empty(),
    };
    set_capabilities(None, sets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_keeps_only_some_capabilities() {
        let left = std::thread::spawn(|| {
            let before = capabilities(None).expect("they are read");
            give_up().expect("less is always allowed");
            (before, capabilities(None).expect("they are read"))
        });
        let (before, after) = left.join().expect("no panic");
        assert_eq!(after.permitted, before.permitted & KEPT);
        assert_eq!(after.effective, before.effective & KEPT);
        assert!(after.inheritable.is_empty());
    }
}
