//! Message memory: what a subject may read, and what it may not.
//!
//! One memory file has two mappings: a writable one for the harness, and a read-only one for the
//! subject, with an inaccessible page on each side. In the subject's view every store raises a
//! signal, and so does every load across a flush side. Under AddressSanitizer everything but the
//! message is poisoned in that view.

mod file;
mod placement;
mod two_views;

pub use file::MemoryFile;
pub use placement::{GuardSide, Placement};
pub use two_views::{Reader, SLACK_BYTES, Writer};

use crate::asan;
use std::io;
use std::ops::Range;

/// The longest message in message memory: 2 MiB. Longer messages repeat a tile, in
/// [`repeated_memory`](crate::repeated_memory).
pub const LENGTH_MAX: usize = 2 << 20;

/// The two mappings of one message's memory.
#[derive(Debug)]
pub struct MessageMemory {
    writer: Writer,
    reader: Reader,
    /// Where the last view was. Its `drop` does not run if its call was abandoned.
    exposed: Range<usize>,
}

impl MessageMemory {
    /// Memory for messages of up to `capacity_bytes`, at any placement.
    ///
    /// # Errors
    /// If the operating system refuses the file or a mapping.
    pub fn new(capacity_bytes: usize) -> io::Result<Self> {
        let (writer, file) = Writer::new(capacity_bytes)?;
        let reader = Reader::new(&file)?;
        asan::poison(reader.start(), reader.len_bytes());
        Ok(Self {
            writer,
            reader,
            exposed: 0..0,
        })
    }

    /// The longest message that fits at every placement.
    pub fn capacity_bytes(&self) -> usize {
        self.writer.capacity_bytes()
    }

    /// The subject's mapping.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// Puts `message` at `placement`, paints the slack around it with `fill`, and returns the
    /// subject's view of it.
    ///
    /// # Panics
    /// If the message is longer than the capacity.
    pub fn place(&mut self, placement: Placement, message: &[u8], fill: u8) -> View<'_> {
        let offset = self.writer.place(placement, message, fill);
        self.view(offset, message.len())
    }

    /// Writes over the first `bytes.len()` bytes where a message of `len_bytes` was placed, and
    /// returns its view again: same address, other bytes.
    ///
    /// # Panics
    /// If `bytes` is longer than `len_bytes`, or `len_bytes` is greater than the capacity.
    pub fn replace(&mut self, placement: Placement, len_bytes: usize, bytes: &[u8]) -> View<'_> {
        let offset = self.writer.replace(placement, len_bytes, bytes);
        self.view(offset, len_bytes)
    }

    /// Flips one bit where a message of `len_bytes` was placed, and returns its view again.
    ///
    /// # Panics
    /// If the message has no such bit.
    pub fn flip(&mut self, placement: Placement, len_bytes: usize, bit: usize) -> View<'_> {
        let offset = self.writer.flip(placement, len_bytes, bit);
        self.view(offset, len_bytes)
    }

    fn view(&mut self, offset: usize, len_bytes: usize) -> View<'_> {
        let before = self.reader.start().wrapping_add(self.exposed.start);
        asan::poison(before, self.exposed.len());
        self.exposed = offset..offset + len_bytes;
        asan::unpoison(self.reader.start().wrapping_add(offset), len_bytes);
        View {
            reader: &self.reader,
            offset,
            len_bytes,
        }
    }
}

impl Drop for MessageMemory {
    fn drop(&mut self) {
        asan::unpoison(self.reader.start(), self.reader.len_bytes());
    }
}

/// The subject's read-only view of a placed message. Dropping it poisons the message again.
#[derive(Debug)]
pub struct View<'a> {
    reader: &'a Reader,
    offset: usize,
    len_bytes: usize,
}

impl View<'_> {
    /// The message.
    #[inline]
    pub fn message(&self) -> &[u8] {
        self.prefix(self.len_bytes)
    }

    /// The first `len_bytes` bytes of the message.
    ///
    /// # Panics
    /// If the message is shorter.
    #[inline]
    pub fn prefix(&self, len_bytes: usize) -> &[u8] {
        assert!(len_bytes <= self.len_bytes);
        // SAFETY: the view borrows the message memory, and only a mutable borrow writes to that.
        unsafe { self.reader.piece(self.offset, len_bytes) }
    }

    #[inline]
    fn start(&self) -> *const u8 {
        self.reader.start().wrapping_add(self.offset)
    }

    /// Makes exactly the first `len_bytes` bytes readable under AddressSanitizer, which sees every
    /// byte behind them as poisoned. Without a sanitizer this does nothing.
    #[inline]
    pub fn expose(&self, len_bytes: usize) {
        if asan::is_active() {
            asan::poison(self.start(), self.len_bytes);
            asan::unpoison(self.start(), len_bytes);
        }
    }

    /// The addresses of the message.
    #[inline]
    pub fn addresses(&self) -> std::ops::Range<usize> {
        self.start() as usize..self.start() as usize + self.len_bytes
    }
}

impl Drop for View<'_> {
    fn drop(&mut self) {
        asan::poison(self.start(), self.len_bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::page_bytes;

    #[test]
    fn a_view_shows_the_message_at_the_alignment_asked_for() {
        let mut memory = MessageMemory::new(5000).expect("memory");
        let message: Vec<u8> = (0..5000).map(|i| (i % 251) as u8).collect();
        for guard in GuardSide::ALL {
            for offset in 0..64 {
                for len in [0, 1, 63, 64, 65, 4096, 5000] {
                    let placement = Placement { offset, guard };
                    let view = memory.place(placement, &message[..len], 0xa5);
                    assert_eq!(view.message(), &message[..len]);
                    assert_eq!(view.addresses().start % 64, placement.alignment(len));
                }
            }
        }
    }

    #[test]
    fn a_crossing_start_lies_in_the_last_bytes_of_a_page() {
        let mut memory = MessageMemory::new(200).expect("memory");
        for offset in 0..64 {
            let placement = Placement {
                offset,
                guard: GuardSide::Cross,
            };
            let view = memory.place(placement, &[1; 200], 0);
            assert_eq!(
                view.addresses().start % page_bytes(),
                page_bytes() - 64 + offset
            );
        }
    }

    #[test]
    fn replacing_keeps_the_address() {
        let mut memory = MessageMemory::new(100).expect("memory");
        let placement = Placement::aligned(3);
        let first = memory.place(placement, &[1; 100], 0).addresses();
        let view = memory.replace(placement, 100, &[2; 50]);
        assert_eq!(view.addresses(), first);
        assert_eq!(&view.message()[..50], &[2; 50]);
        assert_eq!(&view.message()[50..], &[1; 50]);
    }
}
