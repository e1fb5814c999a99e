//! What interpreted code has stored, and regions of its own.

use super::{PAGE_BYTES, Protection};
use std::collections::HashMap;
use std::ops::Range;

#[derive(Debug, Default)]
pub(super) struct Overlay {
    regions: Vec<Region>,
    /// Stored pages by their start.
    pages: HashMap<u64, Box<[u8]>>,
}

#[derive(Debug)]
struct Region {
    range: Range<u64>,
    protection: Protection,
    /// What it holds before any store; zeros behind these.
    bytes: Box<[u8]>,
}

impl Region {
    fn byte(&self, address: u64) -> u8 {
        let index = (address - self.range.start) as usize;
        self.bytes.get(index).copied().unwrap_or(0)
    }
}

impl Overlay {
    pub(super) fn map(&mut self, range: Range<u64>, protection: Protection, bytes: &[u8]) {
        assert!(range.start.is_multiple_of(PAGE_BYTES) && range.end.is_multiple_of(PAGE_BYTES));
        assert!(bytes.len() as u64 <= range.end - range.start);
        let bytes = bytes.into();
        self.regions.push(Region {
            range,
            protection,
            bytes,
        });
    }

    fn region(&self, address: u64) -> Option<&Region> {
        let mut regions = self.regions.iter().rev();
        regions.find(|region| region.range.contains(&address))
    }

    pub(super) fn protection(&self, address: u64) -> Option<Protection> {
        self.region(address).map(|region| region.protection)
    }

    /// The byte at `address`, unless it is this process's.
    pub(super) fn byte(&self, address: u64) -> Option<u8> {
        let start = address - address % PAGE_BYTES;
        match self.pages.get(&start) {
            Some(page) => Some(page[(address - start) as usize]),
            None => self.region(address).map(|region| region.byte(address)),
        }
    }

    /// Stores a byte. `page` gives a page of this process.
    pub(super) fn set(&mut self, address: u64, byte: u8, page: impl Fn(u64) -> Box<[u8]>) {
        let start = address - address % PAGE_BYTES;
        if !self.pages.contains_key(&start) {
            let bytes = match self.region(start) {
                Some(region) => (start..start + PAGE_BYTES)
                    .map(|at| region.byte(at))
                    .collect(),
                None => page(start),
            };
            self.pages.insert(start, bytes);
        }
        let page = self.pages.get_mut(&start).expect("inserted above");
        page[(address - start) as usize] = byte;
    }

    pub(super) fn reset(&mut self) {
        self.pages.clear();
    }
}
