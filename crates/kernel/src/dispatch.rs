//! The best tier, found at the first call and kept as the address of its code.

use crate::kernel::Kernel;
use crate::selection::Tier;
use core::sync::atomic::{AtomicPtr, Ordering};

type Entry = unsafe fn(u32, &[u8]) -> u32;

/// The code of the selected tier; before the first call, the function that selects it. A call is
/// one jump without a test. Two callers that race for the first call store the same address.
static ENTRY: AtomicPtr<()> = AtomicPtr::new(select_then_update as *mut ());

/// The checksum after `message` by the best tier.
#[inline]
pub(crate) fn update(checksum: u32, message: &[u8]) -> u32 {
    let entry = ENTRY.load(Ordering::Relaxed);
    // SAFETY: `ENTRY` holds `select_then_update` or the address that it stores. Both are functions
    // of this type, and the latter is the code of a kernel that this CPU has. The CPU does not
    // change.
    unsafe { core::mem::transmute::<*mut (), Entry>(entry)(checksum, message) }
}

/// The first call, which asks the CPU.
#[cold]
fn select_then_update(checksum: u32, message: &[u8]) -> u32 {
    let kernel = best_kernel();
    ENTRY.store(kernel.entry() as *mut (), Ordering::Relaxed);
    kernel.update(checksum, message)
}

/// Where the selection is kept, and what lies there before the first call: an interpreter of the
/// first call puts that there in its own view of the memory.
#[cfg(all(feature = "testing", target_arch = "x86_64"))]
pub(crate) fn before_the_first_call() -> [usize; 2] {
    [
        &raw const ENTRY as usize,
        select_then_update as *const () as usize,
    ]
}

fn best_kernel() -> Kernel {
    Tier::detect().kernel().unwrap_or(Kernel::PORTABLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_call_leaves_the_best_tier() {
        assert_eq!(update(0, b"123456789"), 0xcbf4_3926);
        let chosen = ENTRY.load(Ordering::Relaxed);
        assert_ne!(chosen, select_then_update as *mut ());
        assert_eq!(update(0, b"123456789"), 0xcbf4_3926);
        assert_eq!(chosen, best_kernel().entry() as *mut ());
    }
}
