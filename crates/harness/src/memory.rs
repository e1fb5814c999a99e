//! Message memory: what a subject may read, and what it may not.
//!
//! One memory file is mapped twice: writable for the harness, read-only for the subject, whose view
//! has an inaccessible page on each side. A store faults anywhere, a load faults across a flush
//! side, and under AddressSanitizer everything but the message is poisoned in the subject's view.

use crate::asan;
use std::fmt;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
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

/// Where in its memory a message lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
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
            GuardSide::None => self.page_bytes + placement.offset % 64,
            GuardSide::Cross => self.page_bytes * 2 - 64 + placement.offset % 64,
            GuardSide::Start => 0,
            GuardSide::End => self.len_bytes - len_bytes,
        }
    }
}

/// The harness's mapping of message memory: it can be written.
#[derive(Debug)]
pub(crate) struct Writer {
    start: *mut u8,
    layout: Layout,
}

// SAFETY: the mapping belongs to this value alone and is not tied to a thread.
unsafe impl Send for Writer {}

impl Writer {
    /// New memory for messages of up to `capacity_bytes`, and the file behind it.
    ///
    /// # Errors
    /// What the operating system says when it refuses the file or the mapping.
    pub(crate) fn new(capacity_bytes: usize) -> io::Result<(Self, MemoryFile)> {
        let layout = Layout::of(capacity_bytes);
        let file = MemoryFile::new(layout.len_bytes)?;
        let start = file.map(ptr::null_mut(), libc::PROT_READ | libc::PROT_WRITE)?;
        // From here on nobody else can map it for writing.
        file.seal();
        Ok((Self { start, layout }, file))
    }

    /// The longest message that fits at every placement.
    pub(crate) fn capacity_bytes(&self) -> usize {
        self.layout.capacity_bytes
    }

    /// Writes `message` at `placement`, paints the slack around it with `fill`, and answers the
    /// offset of the first byte.
    ///
    /// # Panics
    /// If the message is longer than the capacity.
    pub(crate) fn place(&mut self, placement: Placement, message: &[u8], fill: u8) -> usize {
        assert!(
            message.len() <= self.layout.capacity_bytes,
            "message longer than its memory"
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

    /// As [`Writer::place`] with slack on both sides, but behind what ends at `end`; answers the offset of the
    /// first byte and where the slack ends, or `None` if there is no room. A placement that is flush has
    /// its alignment and no more.
    pub(crate) fn place_behind(
        &mut self,
        end: usize,
        placement: Placement,
        message: &[u8],
        fill: u8,
    ) -> Option<(usize, usize)> {
        let alignment = placement.alignment(message.len());
        let (offset, needed) = match placement.guard {
            GuardSide::Cross => {
                let first = end + SLACK_BYTES + 64 - alignment;
                let page = first.next_multiple_of(self.layout.page_bytes);
                // The page whose start it crosses is there.
                (page - 64 + alignment, page + 1)
            }
            _ => (end.next_multiple_of(64) + SLACK_BYTES + alignment, 0),
        };
        let message_end = offset + message.len();
        let slack_end = message_end + SLACK_BYTES;
        let bytes = self.bytes();
        if bytes.len() < slack_end.max(needed) {
            return None;
        }
        bytes[offset - SLACK_BYTES..offset].fill(fill);
        bytes[offset..message_end].copy_from_slice(message);
        bytes[message_end..slack_end].fill(fill);
        Some((offset, slack_end))
    }

    /// Writes over the first bytes where a message of `len_bytes` was placed, and answers the offset
    /// of the first.
    ///
    /// # Panics
    /// If `bytes` is longer than `len_bytes` or that than the capacity.
    pub(crate) fn replace(
        &mut self,
        placement: Placement,
        len_bytes: usize,
        bytes: &[u8],
    ) -> usize {
        assert!(bytes.len() <= len_bytes && len_bytes <= self.layout.capacity_bytes);
        let offset = self.layout.offset(placement, len_bytes);
        self.bytes()[offset..offset + bytes.len()].copy_from_slice(bytes);
        offset
    }

    /// Writes zeros to `end`, and single bytes among them.
    ///
    /// # Panics
    /// If the memory ends before.
    pub(crate) fn lay_out(&mut self, end: usize, bytes: impl Iterator<Item = (usize, u8)>) {
        let field = &mut self.bytes()[..end];
        field.fill(0);
        bytes.for_each(|(at, byte)| field[at] = byte);
    }

    /// Flips bit `bit % 8` of byte `bit / 8` where a message of `len_bytes` was placed, and answers the
    /// offset of the first byte.
    ///
    /// # Panics
    /// If the message has no such byte.
    pub(crate) fn flip(&mut self, placement: Placement, len_bytes: usize, bit: usize) -> usize {
        assert!(bit / 8 < len_bytes && len_bytes <= self.layout.capacity_bytes);
        let offset = self.layout.offset(placement, len_bytes);
        self.bytes()[offset + bit / 8] ^= 1 << (bit % 8);
        offset
    }

    fn bytes(&mut self) -> &mut [u8] {
        // SAFETY: `start` maps `len_bytes` readable and writable bytes until `drop`; what else is
        // mapped of the file is views, which are not read while this is borrowed: those of this
        // process borrow the memory, those of a worker are read only while a request is under way.
        unsafe { std::slice::from_raw_parts_mut(self.start, self.layout.len_bytes) }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        unmap(self.start, self.layout.len_bytes);
    }
}

/// The subject's mapping of message memory: read-only, between two inaccessible pages.
#[derive(Debug)]
pub(crate) struct Reader {
    /// The inaccessible page in front of the view; the view itself starts one page on.
    reserved: *mut u8,
    len_bytes: usize,
    page_bytes: usize,
}

// SAFETY: the mapping belongs to this value alone and is not tied to a thread.
unsafe impl Send for Reader {}

impl Reader {
    /// The view of a whole file.
    ///
    /// # Errors
    /// What the operating system says when it refuses the mapping.
    pub(crate) fn new(file: &MemoryFile) -> io::Result<Self> {
        let (len_bytes, page_bytes) = (file.len_bytes, page_bytes());
        let reader = Self {
            reserved: reserve(len_bytes + page_bytes * 2)?,
            len_bytes,
            page_bytes,
        };
        file.map(reader.start().cast_mut(), libc::PROT_READ)?;
        Ok(reader)
    }

    /// The first byte.
    pub(crate) fn start(&self) -> *const u8 {
        // SAFETY: the reservation is `len_bytes` and two pages long.
        unsafe { self.reserved.add(self.page_bytes) }
    }

    /// The bytes of the view.
    pub(crate) fn len_bytes(&self) -> usize {
        self.len_bytes
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        unmap(self.reserved, self.len_bytes + self.page_bytes * 2);
    }
}

/// The two mappings of one message's memory.
#[derive(Debug)]
pub struct MessageMemory {
    writer: Writer,
    reader: Reader,
    /// Where the last view was, for one whose `drop` never came because its call was abandoned.
    exposed: Range<usize>,
}

impl MessageMemory {
    /// Memory for messages of up to `capacity_bytes`, at any placement.
    ///
    /// # Errors
    /// What the operating system says when it refuses the file or a mapping.
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

    /// Puts `message` at `placement`, paints the slack around it with `fill`, and hands out the
    /// subject's view of it.
    ///
    /// # Panics
    /// If the message is longer than the capacity.
    pub fn place(&mut self, placement: Placement, message: &[u8], fill: u8) -> View<'_> {
        let offset = self.writer.place(placement, message, fill);
        self.view(offset, message.len())
    }

    /// Writes over the first `bytes.len()` bytes of a message that lies where a message of
    /// `len_bytes` was placed, and hands out its view again: same address, other bytes.
    ///
    /// # Panics
    /// If `bytes` is longer than `len_bytes` or that than the capacity.
    pub fn replace(&mut self, placement: Placement, len_bytes: usize, bytes: &[u8]) -> View<'_> {
        let offset = self.writer.replace(placement, len_bytes, bytes);
        self.view(offset, len_bytes)
    }

    /// Flips one bit where a message of `len_bytes` was placed, and hands out its view again.
    ///
    /// # Panics
    /// If the message has no such bit.
    pub fn flip(&mut self, placement: Placement, len_bytes: usize, bit: usize) -> View<'_> {
        let offset = self.writer.flip(placement, len_bytes, bit);
        self.view(offset, len_bytes)
    }

    fn view(&mut self, offset: usize, len_bytes: usize) -> View<'_> {
        // SAFETY: the range is that of an earlier view.
        let before = unsafe { self.reader.start().add(self.exposed.start) };
        asan::poison(before, self.exposed.len());
        self.exposed = offset..offset + len_bytes;
        // SAFETY: `offset + len_bytes` is at most the length of the view, as the layout computes it.
        let start = unsafe { self.reader.start().add(offset) };
        asan::unpoison(start, len_bytes);
        View {
            start,
            len_bytes,
            _memory: self,
        }
    }
}

impl Drop for MessageMemory {
    fn drop(&mut self) {
        asan::unpoison(self.reader.start(), self.reader.len_bytes());
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
#[derive(Debug)]
pub(crate) struct MemoryFile {
    descriptor: OwnedFd,
    len_bytes: usize,
}

impl MemoryFile {
    /// A new file of zeros.
    ///
    /// # Errors
    /// What the operating system says when it refuses the file.
    pub(crate) fn new(len_bytes: usize) -> io::Result<Self> {
        let flags = libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING;
        // SAFETY: the name is a C string; the call has no other precondition.
        let descriptor = unsafe { libc::memfd_create(c"crcheck".as_ptr(), flags) };
        if descriptor < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor was opened above, and nobody else has it.
        let descriptor = unsafe { OwnedFd::from_raw_fd(descriptor) };
        File::from(descriptor.try_clone()?).set_len(len_bytes as u64)?;
        Ok(Self {
            descriptor,
            len_bytes,
        })
    }

    /// The file behind a descriptor that was inherited.
    ///
    /// # Errors
    /// What the operating system says when it is none.
    pub(crate) fn of(descriptor: OwnedFd) -> io::Result<Self> {
        let len_bytes = File::from(descriptor.try_clone()?).metadata()?.len() as usize;
        Ok(Self {
            descriptor,
            len_bytes,
        })
    }

    /// The descriptor.
    pub(crate) fn descriptor(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }

    /// The size in bytes.
    pub(crate) fn len_bytes(&self) -> usize {
        self.len_bytes
    }

    /// Keeps everybody from mapping the file for writing again, and from changing its size. A kernel
    /// before 5.1 does not know how; then the mappings alone keep the subject out.
    fn seal(&self) {
        let seals = libc::F_SEAL_FUTURE_WRITE | libc::F_SEAL_SHRINK | libc::F_SEAL_GROW;
        // SAFETY: the descriptor is open and ours.
        unsafe { libc::fcntl(self.descriptor.as_raw_fd(), libc::F_ADD_SEALS, seals) };
    }

    /// Maps the whole file; at `at`, inside a reservation of ours, unless that is null.
    pub(crate) fn map(&self, at: *mut u8, protection: libc::c_int) -> io::Result<*mut u8> {
        let fixed = if at.is_null() { 0 } else { libc::MAP_FIXED };
        let flags = libc::MAP_SHARED | fixed;
        let descriptor = self.descriptor.as_raw_fd();
        // SAFETY: a fixed address lies in a reservation of this module, which nothing else uses.
        let start =
            unsafe { libc::mmap(at.cast(), self.len_bytes, protection, flags, descriptor, 0) };
        mapped(start)
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

/// Takes a mapping back.
pub(crate) fn unmap(start: *mut u8, len_bytes: usize) {
    // SAFETY: called with mappings of memory files only, once each, when nothing refers to them.
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
    fn messages_behind_each_other_keep_their_placements_and_do_not_touch() {
        let (mut writer, _file) = Writer::new(1 << 16).expect("memory");
        let (mut end, mut placed) = (0, Vec::new());
        for index in 0..16 {
            let guard = [GuardSide::None, GuardSide::Cross][index % 2];
            let placement = Placement {
                offset: index * 29 % 64,
                guard,
            };
            let message = vec![index as u8 + 1; index * 100];
            let (offset, behind) = writer
                .place_behind(end, placement, &message, 0)
                .expect("room");
            assert_eq!(offset % 64, placement.offset);
            if guard == GuardSide::Cross {
                assert_eq!(offset % page_bytes(), page_bytes() - 64 + placement.offset);
            }
            assert!(offset >= end + SLACK_BYTES && behind >= offset + message.len() + SLACK_BYTES);
            placed.push((offset, message));
            end = behind;
        }
        for (offset, message) in placed {
            assert_eq!(writer.bytes()[offset..][..message.len()], message);
        }
        let long = vec![0; 1 << 17];
        assert_eq!(
            writer.place_behind(0, Placement::aligned(0), &long, 0),
            None
        );
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
