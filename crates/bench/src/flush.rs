//! Takes lines out of the caches.

/// Whether this CPU lets programs flush lines.
pub fn is_available() -> bool {
    cfg!(target_arch = "x86_64")
}

/// Flushes every line of `message` from all caches, and waits until they are gone.
#[cfg(target_arch = "x86_64")]
pub(crate) fn flush(message: &[u8]) {
    use std::arch::x86_64::{_mm_clflush, _mm_mfence};
    /// The line of every x86-64 CPU.
    const LINE_BYTES: usize = 64;
    let lines = message.chunks(LINE_BYTES).map(<[u8]>::as_ptr);
    // A message that starts inside a line ends in one more.
    let addresses = lines.chain(message.last().map(std::ptr::from_ref));
    // SAFETY: every address lies in a slice; SSE2, which has both instructions, is part of x86-64.
    unsafe {
        addresses.for_each(|address| _mm_clflush(address));
        _mm_mfence();
    }
}

/// # Panics
/// Always: scenarios that flush are refused on this architecture.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn flush(_: &[u8]) {
    unreachable!("scenarios that flush are refused here");
}
