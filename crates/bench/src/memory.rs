//! The memory of the messages: page-aligned, filled with random bytes, in large pages where the
//! system has them.
//!
//! The page in front is present and the page behind is not. A masked load that touches an absent
//! page is correct and costs more than a hundred nanoseconds. The neighbours that a mapping happens
//! to get must not decide a figure, so messages lie away from the end, except those of the mode
//! `guard`.

use crate::random::SplitMix64;
use crate::scenario::{Mode, Scenario};
use memmap2::{Advice, MmapMut, MmapRaw};
use rustix::mm::{MprotectFlags, mprotect};
use std::io;

/// A region that holds messages of up to a size, at any offset below 4096.
#[derive(Debug)]
pub struct Memory {
    /// The page in front, `len_bytes` bytes for messages, and the absent page.
    mapping: MmapRaw,
    page_bytes: usize,
    len_bytes: usize,
    capacity_bytes: usize,
}

/// The offsets of messages are below this.
const OFFSETS: usize = 4096;

/// Pages of this size need fewer entries of the TLB.
const LARGE_PAGE_BYTES: usize = 2 << 20;

impl Memory {
    /// Memory for messages of up to `capacity_bytes`, filled from `seed`.
    ///
    /// # Errors
    /// What the system says when it has no memory.
    pub fn new(capacity_bytes: usize, seed: u64) -> io::Result<Self> {
        let len_bytes = (capacity_bytes + OFFSETS + 1).next_multiple_of(LARGE_PAGE_BYTES);
        let page_bytes = rustix::param::page_size();
        let present_bytes = page_bytes + len_bytes;
        let mut mapping = MmapMut::map_anon(present_bytes + page_bytes)?;
        // Where the system refuses this advice, the pages are small.
        let _ = mapping.advise(Advice::HugePage);
        fill(&mut mapping[..present_bytes], seed);
        let memory = Self {
            mapping: MmapRaw::from(mapping),
            page_bytes,
            len_bytes,
            capacity_bytes,
        };
        let absent_page = memory.mapping.as_mut_ptr().wrapping_add(present_bytes);
        // SAFETY: the page is the last one of our mapping, and no slice of this module contains it.
        unsafe { mprotect(absent_page.cast(), page_bytes, MprotectFlags::empty()) }?;
        Ok(memory)
    }

    /// The bytes between the page in front and the absent page.
    pub fn bytes(&self) -> &[u8] {
        let first = self.mapping.as_ptr().wrapping_add(self.page_bytes);
        // SAFETY: `new` has mapped and filled these bytes. They are unmapped with `self`, which the
        // slice borrows, and nobody writes to them.
        unsafe { std::slice::from_raw_parts(first, self.len_bytes) }
    }

    /// The message of a scenario with a fixed length.
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

    /// A message of each length that the scenario may call with, at an offset of its own.
    pub fn all_messages(&self, scenario: &Scenario) -> Vec<&[u8]> {
        match scenario.mode {
            Mode::Random => (1..=scenario.size_bytes)
                .map(|length| &self.bytes()[length % 64..][..length])
                .collect(),
            _ => vec![self.message(scenario)],
        }
    }

    /// The places of `count` random messages of `scenario`.
    pub(crate) fn random_slots(&self, scenario: &Scenario, count: usize, seed: u64) -> Vec<Slot> {
        let mut random = SplitMix64(seed);
        (0..count)
            .map(|_| Slot {
                offset_bytes: (random.next() % OFFSETS as u64) as u32,
                len_bytes: (random.next() % scenario.size_bytes as u64) as u32 + 1,
            })
            .collect()
    }

    /// The message at a place.
    #[inline]
    pub(crate) fn message_at(&self, slot: Slot) -> &[u8] {
        &self.bytes()[slot.offset_bytes as usize..][..slot.len_bytes as usize]
    }
}

/// The place of a random message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    offset_bytes: u32,
    len_bytes: u32,
}

fn fill(bytes: &mut [u8], seed: u64) {
    let mut random = SplitMix64(seed);
    for chunk in bytes.as_chunks_mut::<8>().0 {
        *chunk = random.next().to_le_bytes();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The permissions of the mapping that holds an address.
    fn permissions(address: usize) -> String {
        let maps = std::fs::read_to_string("/proc/self/maps").expect("a list of mappings");
        let holds = |range: &str| {
            let (first, end) = range.split_once('-').expect("two addresses");
            let parse = |text: &str| usize::from_str_radix(text, 16).expect("an address");
            (parse(first)..parse(end)).contains(&address)
        };
        let lines = maps.lines().map(|line| line.split_whitespace());
        let mut found = lines.filter_map(|mut words| {
            let (range, permissions) = (words.next()?, words.next()?);
            holds(range).then(|| permissions.to_owned())
        });
        found.next().unwrap_or_default()
    }

    #[test]
    fn the_page_in_front_is_present_and_the_page_behind_is_absent() {
        let memory = Memory::new(100, 1).expect("memory");
        let bytes = memory.bytes().as_ptr_range();
        assert_eq!(permissions(bytes.start as usize - 1), "rw-p");
        assert_eq!(permissions(bytes.end as usize - 1), "rw-p");
        assert_eq!(permissions(bytes.end as usize), "---p");
    }
}
