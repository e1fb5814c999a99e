//! A table of the pages accessed of late, as a CPU's translation lookaside buffer.

/// How many pages it holds.
const ENTRIES: usize = 256;

#[derive(Clone, Copy, Debug)]
struct Entry {
    /// The number of the page plus the epoch in which it was put in.
    tag: u64,
    /// Where its bytes lie in this process.
    host: u64,
}

/// Where pages lie in this process, those of one kind of access.
#[derive(Debug)]
pub(super) struct Lookaside {
    entries: Box<[Entry; ENTRIES]>,
    epoch: u64,
}

const PAGE_BITS: u32 = 12;
const PAGE_BYTES: u64 = 1 << PAGE_BITS;

/// One epoch's distance from the next: more than the number of any page.
const EPOCH: u64 = 1 << 53;

/// The last epoch that fits.
const EPOCH_MAX: u64 = EPOCH * 2047;

impl Lookaside {
    pub(super) fn new() -> Self {
        // No tag of an epoch from 1 on.
        let entry = Entry { tag: 0, host: 0 };
        Self {
            entries: Box::new([entry; ENTRIES]),
            epoch: EPOCH,
        }
    }

    /// Where the `len_bytes` at `address` lie, if their page is known and holds all of them.
    #[inline]
    pub(super) fn host(&self, address: u64, len_bytes: usize) -> Option<u64> {
        let number = address >> PAGE_BITS;
        let offset = address % PAGE_BYTES;
        let entry = &self.entries[number as usize % ENTRIES];
        let is_known = entry.tag == number + self.epoch;
        let fits = len_bytes as u64 <= PAGE_BYTES - offset;
        (is_known && fits).then(|| entry.host + offset)
    }

    /// Remembers that the page that begins at `page` lies at `host`.
    pub(super) fn put(&mut self, page: u64, host: u64) {
        let number = page >> PAGE_BITS;
        self.entries[number as usize % ENTRIES] = Entry {
            tag: number + self.epoch,
            host,
        };
    }

    /// Forgets one page.
    pub(super) fn remove(&mut self, page: u64) {
        let number = page >> PAGE_BITS;
        self.entries[number as usize % ENTRIES].tag = 0;
    }

    /// Forgets all pages.
    pub(super) fn clear(&mut self) {
        if self.epoch == EPOCH_MAX {
            *self = Self::new();
        } else {
            self.epoch += EPOCH;
        }
    }
}
