//! Readers and writers that compute the checksum of what passes through them.

use std::io::{BufRead, Seek, Write};

/// A stream of bytes that such a reader or writer is put around.
pub trait ByteStream: BufRead + Seek + Write {
    /// Another stream in the same state, on the same bytes.
    fn fork(&self) -> Box<dyn ByteStream>;
}

impl<T: BufRead + Seek + Write + Clone + 'static> ByteStream for T {
    fn fork(&self) -> Box<dyn ByteStream> {
        Box::new(self.clone())
    }
}

impl Clone for Box<dyn ByteStream> {
    fn clone(&self) -> Self {
        self.as_ref().fork()
    }
}

/// The checksum of a message: of one contiguous piece of a stream, which ends at the present
/// position. `crcheck_kernel::io` says which bytes are of it.
pub trait Checked {
    /// The checksum of the message so far.
    fn checksum(&self) -> u64;

    /// How many bytes the message has.
    fn len_bytes(&self) -> u64;

    /// Begins a new message at the present position.
    fn reset(&mut self);
}

/// A reader that computes the checksum of what is read through it.
pub trait CheckedReader: BufRead + Seek + Checked {
    /// Another reader in the same state; `None` if there is no such operation.
    fn fork(&self) -> Option<Box<dyn CheckedReader>> {
        None
    }
}

/// A writer that computes the checksum of what is written through it.
pub trait CheckedWriter: Write + Seek + Checked {}
