//! Lines out of the caches.

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
    let lines = message.chunks(LINE_BYTES);
    for first in lines
        .map(<[u8]>::as_ptr)
        .chain(message.last().map(std::ptr::from_ref))
    {
        // SAFETY: SSE2 is part of x86-64, and the address lies in a slice.
        unsafe { _mm_clflush(first) };
    }
    // SAFETY: SSE2 is part of x86-64.
    unsafe { _mm_mfence() };
}

#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn flush(_: &[u8]) {
    unreachable!("scenarios that flush are refused here");
}
