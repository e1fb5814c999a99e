//! Whether memory can be read, found out without a signal.

use std::mem::MaybeUninit;
use std::ptr;

/// The size of the kernel's set of signals in bytes.
const SET_BYTES: usize = 8;

/// Whether the 8 bytes at `address` can be read. They lie in one page.
pub fn is_readable(address: usize) -> bool {
    // The operating system takes a null pointer for no set at all.
    if address == 0 {
        return false;
    }
    let mut before = MaybeUninit::<libc::sigset_t>::zeroed();
    let set = ptr::without_provenance::<libc::sigset_t>(address);
    // SAFETY: the operating system reads the bytes as a set of signals, and returns an error if it
    // cannot. The wrapper of libc would read them itself. `before` has more room than that set.
    let read = unsafe {
        let number = libc::SYS_rt_sigprocmask;
        libc::syscall(number, libc::SIG_BLOCK, set, before.as_mut_ptr(), SET_BYTES)
    };
    if read != 0 {
        return false;
    }
    // SAFETY: the call above has written the mask before it, which comes back here.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), ptr::null_mut()) };
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::{Mapping, page_bytes};

    #[test]
    fn what_is_mapped_readable_is_readable_and_nothing_else() {
        let page = page_bytes();
        let mut mapping = Mapping::reserve(3 * page).expect("addresses");
        mapping.open(page, page).expect("memory");
        let start = mapping.start() as usize;
        for (offset, expected) in [
            (0, false),
            (page - 8, false),
            (page, true),
            (2 * page, false),
        ] {
            assert_eq!(is_readable(start + offset), expected, "{offset}");
        }
        assert!(!is_readable(0) && !is_readable(8));
        assert!(is_readable(ptr::from_ref(&page) as usize));
    }

    #[test]
    fn looking_does_not_change_which_signals_are_blocked() {
        let blocked = || {
            let mut now = MaybeUninit::<libc::sigset_t>::zeroed();
            // SAFETY: without a new set, the call only writes the mask.
            unsafe {
                libc::pthread_sigmask(libc::SIG_BLOCK, ptr::null(), now.as_mut_ptr());
                (1..32)
                    .filter(|&signal| libc::sigismember(now.as_ptr(), signal) == 1)
                    .count()
            }
        };
        let ones = u64::MAX;
        let before = blocked();
        assert!(is_readable(ptr::from_ref(&ones) as usize));
        assert_eq!(blocked(), before);
    }
}
