//! The best tier, found at the first call and kept as the address of its code.

use crate::tier::{Kernel, Tier, Witness};
use core::sync::atomic::{AtomicPtr, Ordering};

type Entry = unsafe fn(u32, &[u8]) -> u32;

/// The code of the tier that was chosen; before the first call, what chooses it. One jump and no test:
/// two first callers store the same address, whoever comes last.
static ENTRY: AtomicPtr<()> = AtomicPtr::new(first as *mut ());

/// The checksum after `message` by the best tier.
#[inline]
pub(crate) fn update(checksum: u32, message: &[u8]) -> u32 {
    let entry = ENTRY.load(Ordering::Relaxed);
    // SAFETY: `ENTRY` holds `first` or what it stores: functions of this type, and the latter the code
    // of a kernel that this CPU has, which does not change.
    unsafe { core::mem::transmute::<*mut (), Entry>(entry)(checksum, message) }
}

/// The first call: the CPU is asked once.
#[cold]
fn first(checksum: u32, message: &[u8]) -> u32 {
    let kernel = best();
    ENTRY.store(kernel.entry() as *mut (), Ordering::Relaxed);
    kernel.update(checksum, message)
}

fn best() -> Kernel {
    Tier::detect().kernel().unwrap_or(Kernel(Witness::Portable))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_call_leaves_the_best_tier() {
        assert_eq!(update(0, b"123456789"), 0xcbf4_3926);
        let chosen = ENTRY.load(Ordering::Relaxed);
        assert_ne!(chosen, first as *mut ());
        assert_eq!(update(0, b"123456789"), 0xcbf4_3926);
        assert_eq!(chosen, best().entry() as *mut ());
    }
}
