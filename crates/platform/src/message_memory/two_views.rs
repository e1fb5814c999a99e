//! The two mappings of a memory file: the harness writes through one, the subject reads through the
//! other.

use super::file::MemoryFile;
use super::placement::{GuardSide, Placement};
use crate::mapping::{MapAccess, Mapping, page_bytes};
use crate::readable::is_readable;
use std::io;

/// How many bytes on each side of a message are painted.
pub const SLACK_BYTES: usize = 64;

/// Where in its memory a message lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    capacity_bytes: usize,
    len_bytes: usize,
    page_bytes: usize,
}

impl Layout {
    fn of(capacity_bytes: usize) -> Self {
        let page_bytes = page_bytes();
        Self {
            capacity_bytes,
            page_bytes,
            // One page in front for `none` and `cross`, and room for slack behind.
            len_bytes: (capacity_bytes + SLACK_BYTES * 2).next_multiple_of(page_bytes)
                + page_bytes * 2,
        }
    }

    fn offset(&self, placement: Placement, len_bytes: usize) -> usize {
        match placement.guard {
            GuardSide::None => self.page_bytes + placement.offset % self.page_bytes,
            GuardSide::Cross => self.page_bytes * 2 - 64 + placement.offset % 64,
            GuardSide::Start => 0,
            GuardSide::End => self.len_bytes - len_bytes,
        }
    }
}

/// The harness's mapping of message memory, which is writable.
#[derive(Debug)]
pub struct Writer {
    mapping: Mapping,
    layout: Layout,
}

impl Writer {
    /// New memory for messages of up to `capacity_bytes`, and the file behind it.
    ///
    /// # Errors
    /// If the operating system refuses the file or the mapping.
    pub fn new(capacity_bytes: usize) -> io::Result<(Self, MemoryFile)> {
        let layout = Layout::of(capacity_bytes);
        let file = MemoryFile::new(layout.len_bytes)?;
        let mapping = file.map(MapAccess::Write)?;
        // From here on nobody else can map it for writing.
        file.seal()?;
        Ok((Self { mapping, layout }, file))
    }

    /// The longest message that fits at every placement.
    pub fn capacity_bytes(&self) -> usize {
        self.layout.capacity_bytes
    }

    /// Writes `message` at `placement`, paints the slack around it with `fill`, and returns the
    /// offset of the first byte.
    ///
    /// # Panics
    /// If the message is longer than the capacity.
    pub fn place(&mut self, placement: Placement, message: &[u8], fill: u8) -> usize {
        assert!(
            message.len() <= self.layout.capacity_bytes,
            "the message is longer than its memory"
        );
        let offset = self.layout.offset(placement, message.len());
        let end = offset + message.len();
        let bytes = self.bytes();
        bytes[offset.saturating_sub(SLACK_BYTES)..offset].fill(fill);
        bytes[offset..end].copy_from_slice(message);
        let slack_end = (end + SLACK_BYTES).min(bytes.len());
        bytes[end..slack_end].fill(fill);
        offset
    }

    /// Writes `message` as [`Writer::place`] does, but behind what ends at `end`, and with slack on
    /// both sides. Returns the offset of the first byte and the end of the slack, or `None` if
    /// there is no room. It begins at the same place in a page as there, so that code that looks
    /// at the address takes the same path; a flush placement is not flush here.
    pub fn place_behind(
        &mut self,
        end: usize,
        placement: Placement,
        message: &[u8],
        fill: u8,
    ) -> Option<(usize, usize)> {
        let page_bytes = self.layout.page_bytes;
        let start = placement.start_in_page(message.len());
        let first = end + SLACK_BYTES;
        let offset = first + (start + page_bytes - first % page_bytes) % page_bytes;
        let message_end = offset + message.len();
        let slack_end = message_end + SLACK_BYTES;
        // The page that a start at the end of another crosses into must be mapped.
        let next_page = (offset / page_bytes + 1) * page_bytes;
        let bytes = self.bytes();
        if bytes.len() < slack_end.max(next_page + 1) {
            return None;
        }
        bytes[offset - SLACK_BYTES..offset].fill(fill);
        bytes[offset..message_end].copy_from_slice(message);
        bytes[message_end..slack_end].fill(fill);
        Some((offset, slack_end))
    }

    /// Writes over the first bytes where a message of `len_bytes` was placed, and returns the
    /// offset of the first byte.
    ///
    /// # Panics
    /// If `bytes` is longer than `len_bytes`, or `len_bytes` is greater than the capacity.
    pub fn replace(&mut self, placement: Placement, len_bytes: usize, bytes: &[u8]) -> usize {
        assert!(bytes.len() <= len_bytes && len_bytes <= self.layout.capacity_bytes);
        let offset = self.layout.offset(placement, len_bytes);
        self.bytes()[offset..offset + bytes.len()].copy_from_slice(bytes);
        offset
    }

    /// Writes zeros up to `end`, then single bytes among them.
    ///
    /// # Panics
    /// If `end` or a byte lies behind the end of the memory.
    pub fn lay_out(&mut self, end: usize, bytes: impl Iterator<Item = (usize, u8)>) {
        let field = &mut self.bytes()[..end];
        field.fill(0);
        bytes.for_each(|(at, byte)| field[at] = byte);
    }

    /// Flips bit `bit % 8` of byte `bit / 8` where a message of `len_bytes` was placed, and returns
    /// the offset of the first byte.
    ///
    /// # Panics
    /// If the message has no such byte.
    pub fn flip(&mut self, placement: Placement, len_bytes: usize, bit: usize) -> usize {
        assert!(bit / 8 < len_bytes && len_bytes <= self.layout.capacity_bytes);
        let offset = self.layout.offset(placement, len_bytes);
        self.bytes()[offset + bit / 8] ^= 1 << (bit % 8);
        offset
    }

    fn bytes(&mut self) -> &mut [u8] {
        // SAFETY: all of it is mapped writable. The file's other mappings are views, and nobody
        // reads those while this is borrowed: the views of this process borrow the memory, and a
        // worker reads its view only while a request is under way.
        unsafe { self.mapping.bytes_mut(0, self.layout.len_bytes) }
    }
}

/// The subject's mapping of message memory: read-only, between two inaccessible pages.
#[derive(Debug)]
pub struct Reader {
    /// An inaccessible page, the view, and another inaccessible page.
    mapping: Mapping,
    len_bytes: usize,
    page_bytes: usize,
}

impl Reader {
    /// A view of the whole file.
    ///
    /// # Errors
    /// If the operating system refuses the mapping.
    pub fn new(file: &MemoryFile) -> io::Result<Self> {
        let (len_bytes, page_bytes) = (file.len_bytes(), page_bytes());
        let mut mapping = Mapping::reserve(len_bytes + page_bytes * 2)?;
        mapping.map_file(page_bytes, file.descriptor(), len_bytes, MapAccess::Read)?;
        Ok(Self {
            mapping,
            len_bytes,
            page_bytes,
        })
    }

    /// The address of the first byte.
    #[inline]
    pub fn start(&self) -> *const u8 {
        self.mapping.start().wrapping_add(self.page_bytes)
    }

    /// The size of the view in bytes.
    pub fn len_bytes(&self) -> usize {
        self.len_bytes
    }

    /// Whether the page before the view, and the one behind it, can be read, which should be
    /// inaccessible.
    pub fn open_guards(&self) -> [bool; 2] {
        let start = self.mapping.start() as usize;
        self.guards().map(|offset| is_readable(start + offset))
    }

    /// Makes the two pages inaccessible again.
    pub fn close_guards(&self) {
        for offset in self.guards() {
            // SAFETY: `piece` lends bytes of the view only, which lies between the two pages. An
            // error leaves the page as it is, and `open_guards` tells.
            let _ = unsafe { self.mapping.close(offset, self.page_bytes) };
        }
    }

    /// Where the two pages lie in the mapping.
    fn guards(&self) -> [usize; 2] {
        [0, self.page_bytes + self.len_bytes]
    }

    /// The `len_bytes` bytes at `offset` of the view.
    ///
    /// # Panics
    /// If it does not lie in the view.
    ///
    /// # Safety
    /// Nobody writes to the file while the piece is borrowed.
    #[inline]
    pub unsafe fn piece(&self, offset: usize, len_bytes: usize) -> &[u8] {
        let end = offset.checked_add(len_bytes);
        assert!(
            end.is_some_and(|end| end <= self.len_bytes),
            "a piece of the view"
        );
        // SAFETY: the view is mapped readable; the caller vouches for the rest.
        unsafe { self.mapping.bytes(self.page_bytes + offset, len_bytes) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guard_page_that_became_readable_is_seen_and_closed() {
        let (_writer, file) = Writer::new(100).expect("memory");
        let mut reader = Reader::new(&file).expect("a view");
        assert_eq!(reader.open_guards(), [false, false]);
        for (index, offset) in reader.guards().into_iter().enumerate() {
            let page_bytes = reader.page_bytes;
            reader.mapping.open(offset, page_bytes).expect("memory");
            assert_eq!(reader.open_guards(), [index == 0, index == 1]);
            reader.close_guards();
            assert_eq!(reader.open_guards(), [false, false]);
        }
    }

    #[test]
    fn messages_behind_each_other_keep_their_places_in_a_page_and_do_not_touch() {
        let (mut writer, _file) = Writer::new(1 << 18).expect("memory");
        let (mut end, mut placed) = (0, Vec::new());
        for index in 0..32 {
            let placement = Placement {
                offset: index * 29 % 64,
                guard: GuardSide::ALL[index % 4],
            };
            let message = vec![index as u8 + 1; index * 100];
            let (offset, behind) = writer
                .place_behind(end, placement, &message, 0)
                .expect("room");
            let alone = writer.layout.offset(placement, message.len());
            assert_eq!(offset % page_bytes(), alone % page_bytes());
            assert!(offset >= end + SLACK_BYTES && behind >= offset + message.len() + SLACK_BYTES);
            placed.push((offset, message));
            end = behind;
        }
        for (offset, message) in placed {
            assert_eq!(writer.bytes()[offset..][..message.len()], message);
        }
        let long = vec![0; 1 << 19];
        assert_eq!(
            writer.place_behind(0, Placement::aligned(0), &long, 0),
            None
        );
    }
}
