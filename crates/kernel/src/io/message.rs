//! The piece of a stream that a checksum is of.

use crate::Hasher;
use std::io::{self, Seek, SeekFrom};
use std::ops::Deref;

/// One contiguous piece of a stream, which ends at the present position.
#[derive(Clone, Debug, Default)]
pub(super) struct Message {
    pub(super) hasher: Hasher,
    /// The message that a seek has left, until something is appended. The present one is empty
    /// then.
    left: Option<Left>,
}

#[derive(Clone, Debug)]
struct Left {
    hasher: Hasher,
    /// The position behind its last byte.
    end: u64,
}

impl Message {
    /// A message that goes on from `hasher`.
    pub(super) const fn new(hasher: Hasher) -> Self {
        Self { hasher, left: None }
    }

    /// Begins a new message at the present position.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    #[inline]
    pub(super) fn append(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.left = None;
            self.hasher.update(bytes);
        }
    }

    /// Appends the first `len_bytes` bytes of these buffers together.
    pub(super) fn append_first(
        &mut self,
        buffers: &[impl Deref<Target = [u8]>],
        mut len_bytes: usize,
    ) {
        for buffer in buffers {
            let first = &buffer[..len_bytes.min(buffer.len())];
            self.append(first);
            len_bytes -= first.len();
        }
        assert_eq!(len_bytes, 0, "bytes that no buffer has");
    }

    /// Seeks in the stream of this message.
    pub(super) fn seek(&mut self, stream: &mut impl Seek, to: SeekFrom) -> io::Result<u64> {
        let before = stream.stream_position();
        let after = stream.seek(to)?;
        self.move_to(before.ok(), after);
        Ok(after)
    }

    /// Seeks in the stream of this message, without a question for its position.
    pub(super) fn seek_relative(&mut self, stream: &mut impl Seek, offset: i64) -> io::Result<()> {
        stream.seek_relative(offset)?;
        if offset != 0 {
            self.reset();
        }
        Ok(())
    }

    fn move_to(&mut self, before: Option<u64>, after: u64) {
        if before == Some(after) {
            return;
        }
        let hasher = std::mem::take(&mut self.hasher);
        let present = before.map(|end| Left { hasher, end });
        self.left = self.left.take().or(present);
        if let Some(left) = self.left.take_if(|left| left.end == after) {
            self.hasher = left.hasher;
        }
    }
}
