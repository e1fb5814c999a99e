//! A reader and writer that computes the checksum of what passes through it, and mistakes that it
//! may make.

use crate::crc32;
use crcheck_harness::subject::{ByteStream, Checked, CheckedReader, CheckedWriter};
use std::io::{self, BufRead, ErrorKind, IoSliceMut, Read, Seek, SeekFrom, Write};

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mistake {
    /// A hit in its page leaves the caller's buffer as it is.
    UnfilledHit,
    /// A hit in its page does not ask whether the file has changed.
    StalePage,
    /// A short read counts the whole buffer.
    WholeBuffer,
    /// A short write counts all that was offered, and so does a failed one.
    WholeOffer,
    /// What is in the buffer counts before it is consumed.
    FilledForConsumed,
    /// A vectored read counts what is in the first buffer.
    FirstBuffer,
    /// An error of `read_to_end` keeps what was read before from being counted.
    NothingBeforeError,
    /// An interruption is taken for the end.
    InterruptionForEnd,
    /// The message goes on behind a seek.
    SeekUnnoticed,
}

/// The reader and writer. It is right without a mistake.
#[derive(Clone)]
pub(crate) struct CheckedIo {
    stream: Box<dyn ByteStream>,
    mistake: Option<Mistake>,
    message: Message,
    /// The message before the last seeks, with the position of its end.
    left: Option<(u64, Message)>,
    /// What the last read gave, and its position.
    page: (u64, Vec<u8>),
}

#[derive(Clone, Copy, Default)]
struct Message {
    checksum: u32,
    len_bytes: u64,
}

impl CheckedIo {
    pub(crate) fn new(stream: Box<dyn ByteStream>, mistake: Option<Mistake>) -> Self {
        Self {
            stream,
            mistake,
            message: Message::default(),
            left: None,
            page: (0, Vec::new()),
        }
    }

    fn makes(&self, mistake: Mistake) -> bool {
        self.mistake == Some(mistake)
    }

    fn append(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.left = None;
        }
        self.message.checksum = crc32::update(self.message.checksum, bytes);
        self.message.len_bytes += bytes.len() as u64;
    }

    /// A read that its page answers.
    fn hit(&mut self, buffer: &mut [u8]) -> Option<io::Result<usize>> {
        let position = self.stream.stream_position().ok()?;
        let (start, page) = &self.page;
        let from = usize::try_from(position.checked_sub(*start)?).ok()?;
        let rest = page.get(from..)?;
        let hit = rest[..rest.len().min(buffer.len())].to_vec();
        if hit.is_empty() {
            return None;
        }
        let behind = SeekFrom::Start(position + hit.len() as u64);
        if let Err(error) = self.stream.seek(behind) {
            return Some(Err(error));
        }
        if !self.makes(Mistake::UnfilledHit) {
            buffer[..hit.len()].copy_from_slice(&hit);
        }
        self.append(&hit);
        Some(Ok(hit.len()))
    }

    fn has_page(&self) -> bool {
        self.makes(Mistake::UnfilledHit) || self.makes(Mistake::StalePage)
    }
}

impl Read for CheckedIo {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.has_page()
            && let Some(result) = self.hit(buffer)
        {
            return result;
        }
        let position = self.stream.stream_position()?;
        let length = match self.stream.read(buffer) {
            Err(error)
                if error.kind() == ErrorKind::Interrupted
                    && self.makes(Mistake::InterruptionForEnd) =>
            {
                0
            }
            result => result?,
        };
        if self.has_page() {
            self.page = (position, buffer[..length].to_vec());
        }
        let counted = match self.makes(Mistake::WholeBuffer) && length > 0 {
            true => buffer.len(),
            false => length,
        };
        self.append(&buffer[..counted]);
        Ok(length)
    }

    fn read_vectored(&mut self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        let mut length = self.stream.read_vectored(buffers)?;
        let read = length;
        for buffer in buffers {
            let first = length.min(buffer.len());
            self.append(&buffer[..first]);
            length -= first;
            if self.makes(Mistake::FirstBuffer) {
                break;
            }
        }
        Ok(read)
    }

    fn read_to_end(&mut self, bytes: &mut Vec<u8>) -> io::Result<usize> {
        let start = bytes.len();
        let result = self.stream.read_to_end(bytes);
        if result.is_ok() || !self.makes(Mistake::NothingBeforeError) {
            self.append(&bytes[start..]);
        }
        result
    }
}

impl BufRead for CheckedIo {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.makes(Mistake::FilledForConsumed) {
            let filled = self.stream.fill_buf()?.to_vec();
            self.append(&filled);
        }
        self.stream.fill_buf()
    }

    fn consume(&mut self, length: usize) {
        let filled = match length {
            0 => Ok(Vec::new()),
            _ => self.stream.fill_buf().map(|bytes| bytes[..length].to_vec()),
        };
        if !self.makes(Mistake::FilledForConsumed) {
            self.append(&filled.unwrap_or_default());
        }
        self.stream.consume(length);
    }
}

impl Seek for CheckedIo {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let before = self.stream.stream_position()?;
        let after = self.stream.seek(to)?;
        if before == after || self.makes(Mistake::SeekUnnoticed) {
            return Ok(after);
        }
        let left = self.left.unwrap_or((before, self.message));
        let is_back = left.0 == after;
        self.message = if is_back { left.1 } else { Message::default() };
        self.left = (!is_back).then_some(left);
        Ok(after)
    }

    fn stream_position(&mut self) -> io::Result<u64> {
        self.stream.stream_position()
    }

    fn seek_relative(&mut self, offset: i64) -> io::Result<()> {
        self.stream.seek_relative(offset)?;
        if offset != 0 && !self.makes(Mistake::SeekUnnoticed) {
            self.reset();
        }
        Ok(())
    }
}

impl Write for CheckedIo {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.makes(Mistake::WholeOffer) {
            self.append(bytes);
            return self.stream.write(bytes);
        }
        let length = self.stream.write(bytes)?;
        self.append(&bytes[..length]);
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

impl Checked for CheckedIo {
    fn checksum(&self) -> u64 {
        self.message.checksum.into()
    }

    fn len_bytes(&self) -> u64 {
        self.message.len_bytes
    }

    fn reset(&mut self) {
        self.message = Message::default();
        self.left = None;
    }
}

impl CheckedReader for CheckedIo {
    fn fork(&self) -> Option<Box<dyn CheckedReader>> {
        Some(Box::new(self.clone()))
    }
}

impl CheckedWriter for CheckedIo {}
