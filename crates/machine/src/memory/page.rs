//! Pages that an overlay owns. They lie at addresses of this process.

use std::ptr::NonNull;

/// The bytes of a page.
pub(crate) const PAGE_BYTES: u64 = 4096;

type Bytes = [u8; PAGE_BYTES as usize];

/// A page of its own, whose bytes are reached by its [address](Page::address).
#[derive(Debug)]
pub(super) struct Page(NonNull<Bytes>);

// SAFETY: the page belongs to this value alone and is not tied to a thread.
unsafe impl Send for Page {}
// SAFETY: a shared reference gives the address alone.
unsafe impl Sync for Page {}

impl Page {
    /// A page that holds `fill` everywhere.
    pub(super) fn filled(fill: u8) -> Self {
        let bytes = Box::new([fill; PAGE_BYTES as usize]);
        Self(NonNull::from(Box::leak(bytes)))
    }

    /// Where its first byte lies in this process.
    pub(super) fn address(&self) -> u64 {
        self.0.as_ptr().expose_provenance() as u64
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // SAFETY: `filled` has leaked this box, and nobody else frees it.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

/// Where the page of `address` begins.
#[inline]
pub(super) const fn page_of(address: u64) -> u64 {
    address & !(PAGE_BYTES - 1)
}
