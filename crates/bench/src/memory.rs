//! The memory that messages lie in: page-aligned, filled with random bytes, in large pages where the
//! system has them.

use crate::scenario::{Mode, Scenario};
use std::io;
use std::ptr;

/// A region that holds messages of up to a size at any offset below a page.
#[derive(Debug)]
pub struct Memory {
    start: *mut u8,
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
        let len_bytes = (capacity_bytes + OFFSETS).next_multiple_of(LARGE_PAGE_BYTES);
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new private mapping at an address of the system's choice touches nothing of ours.
        let start = unsafe { libc::mmap(ptr::null_mut(), len_bytes, protection, flags, -1, 0) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        // Advice: where it is refused, pages are small, and that is all.
        // SAFETY: the range is the mapping that was made above.
        unsafe { libc::madvise(start, len_bytes, libc::MADV_HUGEPAGE) };
        // SAFETY: `len_bytes` bytes were mapped writable above, and nothing refers to them yet.
        let bytes = unsafe { std::slice::from_raw_parts_mut(start.cast::<u8>(), len_bytes) };
        fill(bytes, seed);
        Ok(Self {
            start: start.cast(),
            len_bytes,
            capacity_bytes,
        })
    }

    /// The first byte of the memory, which is at a page's start.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: the mapping is readable for `len_bytes` bytes until `drop`, and nobody writes.
        unsafe { std::slice::from_raw_parts(self.start, self.len_bytes) }
    }

    /// The message of a scenario whose length is fixed.
    ///
    /// # Panics
    /// If it is longer than the capacity.
    pub fn message(&self, scenario: &Scenario) -> &[u8] {
        assert!(scenario.size_bytes <= self.capacity_bytes);
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
        // SAFETY: the mapping is ours, and views of it borrow `self`.
        unsafe { libc::munmap(self.start.cast(), self.len_bytes) };
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
