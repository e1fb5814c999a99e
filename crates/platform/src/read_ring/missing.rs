//! Architectures for which the crate `io-uring` has no declarations.

use std::convert::Infallible;
use std::io;
use std::os::fd::BorrowedFd;

/// The ring that this architecture does not have.
pub struct ReadRing(Infallible);

impl ReadRing {
    /// Refuses.
    ///
    /// # Errors
    /// Always.
    pub fn new(_depth: usize, _buffer_bytes: usize) -> io::Result<Self> {
        let text = "crcheck does not know the io_uring of this architecture";
        Err(io::Error::new(io::ErrorKind::Unsupported, text))
    }

    pub fn depth(&self) -> usize {
        match self.0 {}
    }

    pub fn buffer_bytes(&self) -> usize {
        match self.0 {}
    }

    pub fn start(
        &mut self,
        _slot: usize,
        _file: BorrowedFd<'_>,
        _offset_bytes: u64,
        _len_bytes: usize,
    ) -> io::Result<()> {
        match self.0 {}
    }

    pub fn finish(&mut self, _slot: usize) -> io::Result<usize> {
        match self.0 {}
    }

    pub fn bytes(&self, _slot: usize) -> &[u8] {
        match self.0 {}
    }

    pub fn bytes_mut(&mut self, _slot: usize) -> &mut [u8] {
        match self.0 {}
    }

    pub fn drain(&mut self) -> io::Result<()> {
        match self.0 {}
    }
}
