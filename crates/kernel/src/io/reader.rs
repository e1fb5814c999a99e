//! The checksum of what is read.

use super::message::Message;
use crate::Hasher;
use std::io::{self, BufRead, IoSliceMut, Read, Seek, SeekFrom};
use std::vec::Vec;

/// A reader that computes the checksum of what is read through it. [The module](super) says which
/// bytes that are.
///
/// ```
/// use crcheck_kernel::io::Crc32Reader;
/// use std::io::{self, BufRead};
///
/// let mut reader = Crc32Reader::new(io::Cursor::new("head\nbody"));
/// let mut line = String::new();
/// reader.read_line(&mut line)?;
/// assert_eq!(reader.checksum(), crcheck_kernel::checksum(b"head\n"));
///
/// reader.reset();
/// io::copy(&mut reader, &mut io::sink())?;
/// assert_eq!(reader.checksum(), crcheck_kernel::checksum(b"body"));
/// # Ok::<(), io::Error>(())
/// ```
///
/// A failed `read_to_string` may drop bytes that it has read: they are of the message, since the
/// stream is behind them.
#[derive(Clone, Debug, Default)]
pub struct Crc32Reader<R> {
    message: Message,
    inner: R,
}

impl<R> Crc32Reader<R> {
    /// A reader whose message begins at the present position of `inner`.
    pub const fn new(inner: R) -> Self {
        Self::with_hasher(inner, Hasher::new())
    }

    /// A reader that appends to the message of `hasher`.
    pub const fn with_hasher(inner: R, hasher: Hasher) -> Self {
        Self {
            message: Message::new(hasher),
            inner,
        }
    }

    /// The checksum of the message so far. More may be read.
    pub const fn checksum(&self) -> u32 {
        self.message.hasher.finalize()
    }

    /// How many bytes the message has so far, modulo 2^64.
    pub const fn len_bytes(&self) -> u64 {
        self.message.hasher.len_bytes()
    }

    /// Begins a new message at the present position.
    pub fn reset(&mut self) {
        self.message.reset();
    }

    /// The inner reader.
    pub const fn get_ref(&self) -> &R {
        &self.inner
    }

    /// The inner reader. What is read through it is not of the message, and a seek of it goes
    /// unnoticed: after either, [`Crc32Reader::reset`] begins a message that is in one piece again.
    pub const fn get_mut(&mut self) -> &mut R {
        &mut self.inner
    }

    /// The inner reader. It is behind the last byte of the message.
    pub fn into_inner(self) -> R {
        self.inner
    }

    /// The inner reader, and the hasher of the message.
    pub fn into_parts(self) -> (R, Hasher) {
        (self.inner, self.message.hasher)
    }
}

/// `read_exact` and `read_to_string` stay those of the trait, which call `read`: those of an inner
/// reader do not say how far they came when they fail.
impl<R: Read> Read for Crc32Reader<R> {
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len_bytes = self.inner.read(buffer)?;
        self.message.append(&buffer[..len_bytes]);
        Ok(len_bytes)
    }

    fn read_vectored(&mut self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        let len_bytes = self.inner.read_vectored(buffers)?;
        self.message.append_first(buffers, len_bytes);
        Ok(len_bytes)
    }

    /// The inner reader knows best how much memory the rest needs. When it fails, `bytes` has what
    /// it has read.
    fn read_to_end(&mut self, bytes: &mut Vec<u8>) -> io::Result<usize> {
        let start = bytes.len();
        let result = self.inner.read_to_end(bytes);
        self.message.append(&bytes[start..]);
        result
    }
}

impl<R: BufRead> BufRead for Crc32Reader<R> {
    #[inline]
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    /// Asks the inner reader for its buffer once more, which reads nothing as long as the buffer
    /// has bytes.
    ///
    /// # Panics
    /// If the inner reader's buffer has fewer bytes, or is not to be had any more.
    #[inline]
    fn consume(&mut self, len_bytes: usize) {
        if len_bytes > 0 {
            let buffer = self.inner.fill_buf();
            let buffer = buffer.expect("a buffer that is not empty needs no reading");
            self.message.append(&buffer[..len_bytes]);
        }
        self.inner.consume(len_bytes);
    }
}

/// A seek to another position begins a new message there. [The module](super) says when the old one
/// goes on.
impl<R: Seek> Seek for Crc32Reader<R> {
    /// Asks the inner reader for its position first.
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.message.seek(&mut self.inner, to)
    }

    fn stream_position(&mut self) -> io::Result<u64> {
        self.inner.stream_position()
    }

    /// Asks for no position, so the old message does not go on after the way back.
    fn seek_relative(&mut self, offset: i64) -> io::Result<()> {
        self.message.seek_relative(&mut self.inner, offset)
    }
}
