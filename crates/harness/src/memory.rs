//! Message memory: what a subject may read, and what it may not.
//!
//! One memory file is mapped twice: writable for the harness, read-only for the subject, whose view
//! has an inaccessible page on each side. A store faults anywhere, a load faults across a flush
//! side, and under AddressSanitizer everything but the message is poisoned in the subject's view.

use crate::asan;
use std::fmt;
use std::io;
use std::ops::Range;
use std::ptr;
use std::str::FromStr;

/// Bytes painted on each side of a message.
pub const SLACK_BYTES: usize = 64;

/// Which side of a message is flush against an inaccessible page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GuardSide {
    /// Neither: slack on both sides.
    #[default]
    None,
    /// The first byte: alignment 0.
    Start,
    /// The last byte: alignment -length mod 64.
    End,
    /// Neither, and the start lies in the last 64 bytes of a page whose next page is mapped.
    Cross,
}

impl GuardSide {
    /// Every side, in the order of their numbers in the input format.
    pub const ALL: [Self; 4] = [Self::None, Self::Start, Self::End, Self::Cross];

    /// The side as reports and artifacts write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Start => "start",
            Self::End => "end",
            Self::Cross => "cross",
        }
    }
}

impl fmt::Display for GuardSide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for GuardSide {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|side| side.name() == name);
        found.ok_or_else(|| format!("no guard side is called `{name}` (none, start, end, cross)"))
    }
}

/// Where a message lies: its start modulo 64, and its flush side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Placement {
    /// The start modulo 64 asked for; the sides `start` and `end` fix it themselves.
    pub offset: usize,
    /// The flush side.
    pub guard: GuardSide,
}

impl Placement {
    /// A message at alignment `offset` (mod 64) with slack on both sides.
    pub const fn aligned(offset: usize) -> Self {
        Self {
            offset: offset % 64,
            guard: GuardSide::None,
        }
    }

    /// A message of any length with this flush side (alignment 0 where the side leaves a choice).
    pub const fn flush(guard: GuardSide) -> Self {
        Self { offset: 0, guard }
    }

    /// The start of a message of `len_bytes` modulo 64.
    pub const fn alignment(self, len_bytes: usize) -> usize {
        match self.guard {
            GuardSide::None | GuardSide::Cross => self.offset % 64,
            GuardSide::Start => 0,
            GuardSide::End => len_bytes.wrapping_neg() % 64,
        }
    }
}

/// The two mappings of one message's memory.
#[derive(Debug)]
pub struct MessageMemory {
    writable: *mut u8,
    /// The inaccessible page in front of the view; the view itself starts one page on.
    reserved: *mut u8,
    len_bytes: usize,
    page_bytes: usize,
    capacity_bytes: usize,
    /// Where the last view was, for one whose `drop` never came because its call was abandoned.
    exposed: Range<usize>,
}

// SAFETY: the mappings belong to this value alone and are not tied to a thread.
unsafe impl Send for MessageMemory {}

impl MessageMemory {
    /// Memory for messages of up to `capacity_bytes`, at any placement.
    ///
    /// # Errors
    /// What the operating system says when it refuses the file or a mapping.
    pub fn new(capacity_bytes: usize) -> io::Result<Self> {
        let page_bytes = page_bytes();
        // One page in front for `none` and `cross`, and room for slack behind.
        let len_bytes =
            (capacity_bytes + SLACK_BYTES * 2).next_multiple_of(page_bytes) + page_bytes * 2;
        let file = MemoryFile::new(len_bytes)?;
        let writable = file.map(ptr::null_mut(), libc::PROT_READ | libc::PROT_WRITE)?;
        let reserved = match reserve(len_bytes + page_bytes * 2) {
            Ok(reserved) => reserved,
            Err(error) => {
                unmap(writable, len_bytes);
                return Err(error);
            }
        };
        let memory = Self {
            writable,
            reserved,
            len_bytes,
            page_bytes,
            capacity_bytes,
            exposed: 0..0,
        };
        file.map(memory.view_start().cast_mut(), libc::PROT_READ)?;
        asan::poison(memory.view_start(), len_bytes);
        Ok(memory)
    }

    /// The longest message that fits at every placement.
    pub fn capacity_bytes(&self) -> usize {
        self.capacity_bytes
    }

    /// Puts `message` at `placement`, paints the slack around it with `fill`, and hands out the
    /// subject's view of it.
    ///
    /// # Panics
    /// If the message is longer than the capacity.
    pub fn place(&mut self, placement: Placement, message: &[u8], fill: u8) -> View<'_> {
        assert!(
            message.len() <= self.capacity_bytes,
            "message longer than its memory"
        );
        let offset = self.offset(placement, message.len());
        let end = offset + message.len();
        let bytes = self.writable_bytes();
        bytes[offset.saturating_sub(SLACK_BYTES)..offset].fill(fill);
        bytes[offset..end].copy_from_slice(message);
        let slack_end = (end + SLACK_BYTES).min(bytes.len());
        bytes[end..slack_end].fill(fill);
        self.view(offset, message.len())
    }

    /// Writes over the first `bytes.len()` bytes of a message that lies where a message of
    /// `len_bytes` was placed, and hands out its view again: same address, other bytes.
    ///
    /// # Panics
    /// If `bytes` is longer than `len_bytes` or that than the capacity.
    pub fn replace(&mut self, placement: Placement, len_bytes: usize, bytes: &[u8]) -> View<'_> {
        assert!(bytes.len() <= len_bytes && len_bytes <= self.capacity_bytes);
        let offset = self.offset(placement, len_bytes);
        self.writable_bytes()[offset..offset + bytes.len()].copy_from_slice(bytes);
        self.view(offset, len_bytes)
    }

    /// Flips bit `bit % 8` of byte `bit / 8` of a message that lies where one of `len_bytes` was placed.
    ///
    /// # Panics
    /// If the message has no such byte.
    pub fn flip(&mut self, placement: Placement, len_bytes: usize, bit: usize) {
        assert!(bit / 8 < len_bytes && len_bytes <= self.capacity_bytes);
        let offset = self.offset(placement, len_bytes);
        self.writable_bytes()[offset + bit / 8] ^= 1 << (bit % 8);
    }

    fn offset(&self, placement: Placement, len_bytes: usize) -> usize {
        match placement.guard {
            GuardSide::None => self.page_bytes + placement.offset % 64,
            GuardSide::Cross => self.page_bytes * 2 - 64 + placement.offset % 64,
            GuardSide::Start => 0,
            GuardSide::End => self.len_bytes - len_bytes,
        }
    }

    fn writable_bytes(&mut self) -> &mut [u8] {
        // SAFETY: `writable` maps `len_bytes` readable and writable bytes until `drop`; the only
        // other references are views, which borrow `self` and so cannot be alive here.
        unsafe { std::slice::from_raw_parts_mut(self.writable, self.len_bytes) }
    }

    fn view(&mut self, offset: usize, len_bytes: usize) -> View<'_> {
        // SAFETY: the range is that of an earlier view.
        let before = unsafe { self.view_start().add(self.exposed.start) };
        asan::poison(before, self.exposed.len());
        self.exposed = offset..offset + len_bytes;
        // SAFETY: `offset + len_bytes` is at most the length of the view, as `offset` computes it.
        let start = unsafe { self.view_start().add(offset) };
        asan::unpoison(start, len_bytes);
        View {
            start,
            len_bytes,
            _memory: self,
        }
    }

    fn view_start(&self) -> *const u8 {
        // SAFETY: the reservation is `len_bytes` and two pages long.
        unsafe { self.reserved.add(self.page_bytes) }
    }
}

impl Drop for MessageMemory {
    fn drop(&mut self) {
        asan::unpoison(self.view_start(), self.len_bytes);
        unmap(self.reserved, self.len_bytes + self.page_bytes * 2);
        unmap(self.writable, self.len_bytes);
    }
}

/// The subject's read-only view of a placed message. Poisoned again when dropped.
#[derive(Debug)]
pub struct View<'a> {
    start: *const u8,
    len_bytes: usize,
    _memory: &'a MessageMemory,
}

impl View<'_> {
    /// The message.
    pub fn message(&self) -> &[u8] {
        self.prefix(self.len_bytes)
    }

    /// The first `len_bytes` bytes of the message.
    ///
    /// # Panics
    /// If the message is shorter.
    pub fn prefix(&self, len_bytes: usize) -> &[u8] {
        assert!(len_bytes <= self.len_bytes);
        // SAFETY: the bytes are mapped while `_memory` is borrowed, and nobody writes to them then.
        unsafe { std::slice::from_raw_parts(self.start, len_bytes) }
    }

    /// Makes exactly the first `len_bytes` bytes readable under AddressSanitizer, which sees every
    /// byte behind them as poisoned. Without a sanitizer this does nothing.
    pub fn expose(&self, len_bytes: usize) {
        if asan::is_active() {
            asan::poison(self.start, self.len_bytes);
            asan::unpoison(self.start, len_bytes);
        }
    }

    /// The addresses of the message.
    pub fn addresses(&self) -> std::ops::Range<usize> {
        self.start as usize..self.start as usize + self.len_bytes
    }
}

impl Drop for View<'_> {
    fn drop(&mut self) {
        asan::poison(self.start, self.len_bytes);
    }
}

/// A nameless file in memory.
struct MemoryFile {
    descriptor: libc::c_int,
    len_bytes: usize,
}

impl MemoryFile {
    fn new(len_bytes: usize) -> io::Result<Self> {
        // SAFETY: the name is a C string; the call has no other precondition.
        let descriptor = unsafe { libc::memfd_create(c"crcheck".as_ptr(), libc::MFD_CLOEXEC) };
        if descriptor < 0 {
            return Err(io::Error::last_os_error());
        }
        let file = Self {
            descriptor,
            len_bytes,
        };
        // SAFETY: the descriptor is open and ours.
        if unsafe { libc::ftruncate(descriptor, len_bytes as libc::off_t) } != 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(file)
    }

    /// Maps the whole file; at `at`, inside a reservation of ours, unless that is null.
    fn map(&self, at: *mut u8, protection: libc::c_int) -> io::Result<*mut u8> {
        let fixed = if at.is_null() { 0 } else { libc::MAP_FIXED };
        let flags = libc::MAP_SHARED | fixed;
        // SAFETY: a fixed address lies in a reservation of this module, which nothing else uses.
        let start = unsafe {
            libc::mmap(
                at.cast(),
                self.len_bytes,
                protection,
                flags,
                self.descriptor,
                0,
            )
        };
        mapped(start)
    }
}

impl Drop for MemoryFile {
    fn drop(&mut self) {
        // SAFETY: the descriptor is open and ours; mappings outlive it.
        unsafe { libc::close(self.descriptor) };
    }
}

fn reserve(len_bytes: usize) -> io::Result<*mut u8> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: a new private mapping at an address of the kernel's choice touches nothing of ours.
    let start = unsafe { libc::mmap(ptr::null_mut(), len_bytes, libc::PROT_NONE, flags, -1, 0) };
    mapped(start)
}

fn mapped(start: *mut libc::c_void) -> io::Result<*mut u8> {
    if start == libc::MAP_FAILED {
        Err(io::Error::last_os_error())
    } else {
        Ok(start.cast())
    }
}

fn unmap(start: *mut u8, len_bytes: usize) {
    // SAFETY: called with the mappings of this module only, once each, when nothing refers to them.
    unsafe { libc::munmap(start.cast(), len_bytes) };
}

/// The size of a page of memory in bytes.
pub fn page_bytes() -> usize {
    // SAFETY: `sysconf` has no precondition.
    unsafe { libc::sysconf(libc::_SC_PAGESIZE) as usize }
}

#[cfg(test)]
mod tests {
    use super::*;

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
