//! A loaded library, whatever executes its code.

use crcheck_platform::raw_entry::RawEntry;
use std::convert::Infallible;

/// A loaded library.
pub(crate) trait Loaded {
    /// The address of a symbol.
    ///
    /// # Errors
    /// The loader's message, if there is none.
    fn address_of(&self, symbol: &str) -> Result<usize, String>;

    /// Makes a call that comes before all others, without a message, and returns its result.
    ///
    /// # Errors
    /// What stopped it.
    ///
    /// # Safety
    /// The function has such parameters, and the caller survives whatever it does.
    unsafe fn call_first(&self, entry: &RawEntry) -> Result<u64, String>;
}

/// What makes calls of a loaded library's functions.
pub(crate) trait Makes {
    /// What stops a call.
    type Stop;

    /// Makes a call. What it writes to these addresses of this process is seen.
    ///
    /// # Errors
    /// What stopped it.
    ///
    /// # Safety
    /// `message` is valid for reads of `len_bytes` while the call lasts. The caller survives
    /// whatever else the function does.
    unsafe fn make(
        &mut self,
        entry: &RawEntry,
        checksum: u64,
        message: (*const u8, usize),
        writable: Option<std::ops::Range<usize>>,
    ) -> Result<u64, Self::Stop>;
}

/// The CPU makes the calls.
#[derive(Clone, Copy, Debug)]
pub(super) struct OnCpu;

impl Makes for OnCpu {
    type Stop = Infallible;

    #[inline]
    unsafe fn make(
        &mut self,
        entry: &RawEntry,
        checksum: u64,
        (message, len_bytes): (*const u8, usize),
        _: Option<std::ops::Range<usize>>,
    ) -> Result<u64, Infallible> {
        // SAFETY: the caller vouches for the function and the message.
        Ok(unsafe { entry.call(checksum, message, len_bytes) })
    }
}
