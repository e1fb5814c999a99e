//! The memory that messages lie in: page-aligned, filled with random bytes, in large pages where the
//! system has them.
//!
//! The page in front is there and the page behind is not: a masked load that touches an absent page is
//! right and costs more than a hundred nanoseconds. Which neighbours a mapping happens to get must
//! not decide about a figure, so messages lie away from the end, but those of the mode `guard`.

use crate::scenario::{Mode, Scenario};
use std::io;
use std::ptr;

/// A region that holds messages of up to a size at any offset below a page.
#[derive(Debug)]
pub struct Memory {
    mapping: *mut u8,
    page_bytes: usize,
    /// Of the bytes between the first page and the last.
    len_bytes: usize,
    capacity_bytes: usize,
}

// SAFETY: the mapping belongs to this value alone and is only read after `new`.
unsafe impl Send for Memory {}
// SAFETY: as above.
unsafe impl Sync for Memory {}

/// Offsets of messages are below this.
const OFFSETS: usize = 4096;

/// Pages of this size need fewer entries of the TLB.
const LARGE_PAGE_BYTES: usize = 2 << 20;

impl Memory {
    /// Memory for messages of up to `capacity_bytes`, filled from `seed`.
    ///
    /// # Errors
    /// What the system says when it has none.
    pub fn new(capacity_bytes: usize, seed: u64) -> io::Result<Self> {
        let len_bytes = (capacity_bytes + OFFSETS + 1).next_multiple_of(LARGE_PAGE_BYTES);
        // SAFETY: `sysconf` has no precondition.
        let page_bytes = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
        let mapped_bytes = len_bytes + page_bytes * 2;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new private mapping at an address of the system's choice touches nothing of ours.
        let mapping =
            unsafe { libc::mmap(ptr::null_mut(), mapped_bytes, protection, flags, -1, 0) };
        if mapping == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let memory = Self {
            mapping: mapping.cast(),
            page_bytes,
            len_bytes,
            capacity_bytes,
        };
        // Advice: where it is refused, pages are small, and that is all.
        // SAFETY: the range is the mapping that was made above.
        unsafe { libc::madvise(mapping, mapped_bytes, libc::MADV_HUGEPAGE) };
        // SAFETY: the mapping is writable but for the last page, and nothing refers to it yet.
        let bytes =
            unsafe { std::slice::from_raw_parts_mut(memory.mapping, page_bytes + len_bytes) };
        fill(bytes, seed);
        // SAFETY: the last page lies in the mapping, and no slice of this module reaches it.
        let behind = unsafe { memory.mapping.add(page_bytes + len_bytes) };
        // SAFETY: as above.
        match unsafe { libc::mprotect(behind.cast(), page_bytes, libc::PROT_NONE) } {
            0 => Ok(memory),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// The bytes between the page in front and the one behind.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: they are readable until `drop`, and nobody writes.
        unsafe { std::slice::from_raw_parts(self.mapping.add(self.page_bytes), self.len_bytes) }
    }

    /// The message of a scenario whose length is fixed.
    ///
    /// # Panics
    /// If it is longer than the capacity.
    pub fn message(&self, scenario: &Scenario) -> &[u8] {
        assert!(scenario.size_bytes <= self.capacity_bytes);
        if scenario.mode == Mode::Guard {
            return &self.bytes()[self.len_bytes - scenario.size_bytes..];
        }
        &self.bytes()[scenario.offset_bytes % 64..][..scenario.size_bytes]
    }

    /// All lengths that a scenario may call with, each at its own offset.
    pub fn all_messages(&self, scenario: &Scenario) -> Vec<&[u8]> {
        match scenario.mode {
            Mode::Random => (1..=scenario.size_bytes)
                .map(|length| &self.bytes()[length % 64..][..length])
                .collect(),
            _ => vec![self.message(scenario)],
        }
    }

    /// Offsets and lengths of `count` random messages of `scenario`.
    pub(crate) fn slots(&self, scenario: &Scenario, count: usize, seed: u64) -> Vec<Slot> {
        let mut random = SplitMix64(seed);
        (0..count)
            .map(|_| Slot {
                offset: (random.next() % OFFSETS as u64) as u32,
                length: (random.next() % scenario.size_bytes as u64) as u32 + 1,
            })
            .collect()
    }

    /// The message of a slot.
    #[inline]
    pub(crate) fn slot(&self, slot: Slot) -> &[u8] {
        &self.bytes()[slot.offset as usize..][..slot.length as usize]
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        let mapped_bytes = self.len_bytes + self.page_bytes * 2;
        // SAFETY: the mapping is ours, and views of it borrow `self`.
        unsafe { libc::munmap(self.mapping.cast(), mapped_bytes) };
    }
}

/// Where a random message lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    offset: u32,
    length: u32,
}

/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
pub(crate) struct SplitMix64(pub(crate) u64);

impl SplitMix64 {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let word = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }
}

fn fill(bytes: &mut [u8], seed: u64) {
    let mut random = SplitMix64(seed);
    for chunk in bytes.as_chunks_mut::<8>().0 {
        *chunk = random.next().to_le_bytes();
    }
}
