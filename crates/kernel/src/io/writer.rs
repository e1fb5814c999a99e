//! The checksum of what is written.

use super::message::Message;
use crate::Hasher;
use std::io::{self, IoSlice, Seek, SeekFrom, Write};

/// A writer that computes the checksum of what is written through it: of the bytes that the inner
/// writer has taken. [The module](super) says more.
///
/// ```
/// use crcheck_kernel::io::Crc32Writer;
/// use std::io::Write;
///
/// let mut writer = Crc32Writer::new(Vec::new());
/// write!(writer, "{}", 123456789)?;
/// assert_eq!(writer.checksum(), 0xcbf4_3926);
/// assert_eq!(writer.into_inner(), b"123456789");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Crc32Writer<W> {
    message: Message,
    inner: W,
}

impl<W> Crc32Writer<W> {
    /// A writer whose message begins at the present position of `inner`.
    pub const fn new(inner: W) -> Self {
        Self::with_hasher(inner, Hasher::new())
    }

    /// A writer that appends to the message of `hasher`.
    pub const fn with_hasher(inner: W, hasher: Hasher) -> Self {
        Self {
            message: Message::new(hasher),
            inner,
        }
    }

    /// The checksum of the message so far. More may be written.
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

    /// The inner writer.
    pub const fn get_ref(&self) -> &W {
        &self.inner
    }

    /// The inner writer. What is written through it is not of the message, and a seek of it goes
    /// unnoticed: after either, [`Crc32Writer::reset`] begins a message that is in one piece again.
    pub const fn get_mut(&mut self) -> &mut W {
        &mut self.inner
    }

    /// The inner writer. It is behind the last byte of the message. Nothing is flushed.
    pub fn into_inner(self) -> W {
        self.inner
    }

    /// The inner writer, and the hasher of the message.
    pub fn into_parts(self) -> (W, Hasher) {
        (self.inner, self.message.hasher)
    }
}

/// `write_all` and `write_fmt` stay those of the trait, which call `write`: those of an inner
/// writer do not say how far they came when they fail.
impl<W: Write> Write for Crc32Writer<W> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let len_bytes = self.inner.write(bytes)?;
        self.message.append(&bytes[..len_bytes]);
        Ok(len_bytes)
    }

    fn write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        let len_bytes = self.inner.write_vectored(buffers)?;
        self.message.append_first(buffers, len_bytes);
        Ok(len_bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// A seek to another position begins a new message there. [The module](super) says when the old one
/// goes on.
impl<W: Seek> Seek for Crc32Writer<W> {
    /// Asks the inner writer for its position first.
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
