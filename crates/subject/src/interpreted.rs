//! The trait of a subject whose machine code is interpreted.

use crate::caller::Caller;
use crcheck_kernel::Tier;
use std::io;

/// How to call a subject whose code is interpreted, on a CPU that this machine need not be.
pub trait Interpreted {
    /// Opens a caller for messages of up to `capacity_bytes`. It starts no process.
    ///
    /// # Errors
    /// If the operating system refuses the memory.
    fn open(&self, capacity_bytes: usize) -> io::Result<Box<dyn Caller + '_>>;

    /// The tier whose code its calls run on the CPU that is interpreted, where that decides.
    fn tier(&self) -> Option<Tier> {
        None
    }
}
