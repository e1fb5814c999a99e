//! What interpreted code has stored, and regions of its own.

use super::native;
use super::page::{PAGE_BYTES, Page, page_of};
use super::protection::Protection;
use std::collections::HashMap;
use std::ops::Range;

/// Who changes a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writer {
    /// The code that is interpreted.
    Code,
    /// Who patches it.
    Patch,
}

/// One page's own bytes.
#[derive(Debug, Default)]
struct Slot {
    /// What stays when stores are dropped.
    base: Option<Page>,
    /// What was stored since.
    stored: Option<Page>,
    is_written_by_code: bool,
    is_patched: bool,
}

impl Slot {
    fn host(&self) -> Option<u64> {
        self.stored
            .as_ref()
            .or(self.base.as_ref())
            .map(Page::address)
    }

    /// The page for stores by `writer`. It begins as a copy of what lies at `before`.
    fn store(&mut self, before: u64, writer: Writer, spare: &mut Vec<Page>) -> u64 {
        match writer {
            Writer::Code => self.is_written_by_code = true,
            Writer::Patch => self.is_patched = true,
        }
        if self.stored.is_none() {
            let page = spare.pop().unwrap_or_else(|| Page::filled(0));
            // SAFETY: the caller has checked that the page at `before` can be read, and the new one
            // belongs to nobody else.
            unsafe {
                let bytes = native::read_array::<{ PAGE_BYTES as usize }>(before);
                native::write(page.address(), &bytes);
            }
            self.stored = Some(page);
        }
        self.stored.as_ref().expect("filled above").address()
    }

    /// Drops what was stored. Returns whether a patch was among it.
    fn drop_stores(&mut self, spare: &mut Vec<Page>) -> bool {
        let stored = self.stored.take();
        spare.extend(stored.filter(|_| spare.len() < SPARE_MAX));
        self.is_written_by_code = false;
        std::mem::take(&mut self.is_patched)
    }

    fn keep_stores(&mut self) {
        if self.stored.is_some() {
            self.base = self.stored.take();
        }
        self.is_patched = false;
    }
}

/// How many pages wait for their next use.
const SPARE_MAX: usize = 64;

/// Pages beside or over those of this process.
#[derive(Debug)]
struct Region {
    range: Range<u64>,
    protection: Protection,
    slots: Vec<Slot>,
    /// What the pages without bytes of their own hold.
    background: Page,
    /// The pages with stores.
    touched: Vec<usize>,
}

impl Region {
    fn index(&self, page: u64) -> usize {
        ((page - self.range.start) / PAGE_BYTES) as usize
    }

    fn host(&self, page: u64) -> u64 {
        let host = self.slots[self.index(page)].host();
        host.unwrap_or_else(|| self.background.address())
    }

    fn drop_stores(&mut self, spare: &mut Vec<Page>) -> bool {
        let mut had_patch = false;
        for index in self.touched.drain(..) {
            had_patch |= self.slots[index].drop_stores(spare);
        }
        had_patch
    }
}

#[derive(Debug, Default)]
pub(super) struct Overlay {
    regions: Vec<Region>,
    /// Pages of this process that hold something else here, by where they begin.
    native: HashMap<u64, Slot>,
    spare: Vec<Page>,
}

impl Overlay {
    pub(super) fn map(&mut self, range: Range<u64>, protection: Protection, bytes: &[u8]) {
        let ends = [range.start, range.end];
        assert!(ends.iter().all(|end| end.is_multiple_of(PAGE_BYTES)));
        assert!(bytes.len() as u64 <= range.end - range.start);
        let pages = ((range.end - range.start) / PAGE_BYTES) as usize;
        let mut slots: Vec<Slot> = (0..pages).map(|_| Slot::default()).collect();
        for (slot, bytes) in slots.iter_mut().zip(bytes.chunks(PAGE_BYTES as usize)) {
            let page = Page::filled(0);
            // SAFETY: the page is as long as the chunk at least, and belongs to nobody else.
            unsafe { native::write(page.address(), bytes) };
            slot.base = Some(page);
        }
        self.regions.push(Region {
            range,
            protection,
            slots,
            background: Page::filled(0),
            touched: Vec::new(),
        });
    }

    /// Removes every region that lies within `range`.
    pub(super) fn unmap(&mut self, range: &Range<u64>) {
        let is_within =
            |region: &Region| range.start <= region.range.start && region.range.end <= range.end;
        self.regions.retain(|region| !is_within(region));
    }

    /// Lets the region that begins at `start` hold `fill` everywhere.
    pub(super) fn fill(&mut self, start: u64, fill: u8) {
        let found = self.regions.iter_mut().find(|of| of.range.start == start);
        let Some(region) = found else { return };
        region.drop_stores(&mut self.spare);
        let bytes = [fill; PAGE_BYTES as usize];
        // SAFETY: the page belongs to the region, of which there is an exclusive reference.
        unsafe { native::write(region.background.address(), &bytes) };
    }

    fn region(&self, address: u64) -> Option<&Region> {
        let mut regions = self.regions.iter().rev();
        regions.find(|region| region.range.contains(&address))
    }

    /// What the region at `address` allows; `None` where this process's own memory is seen.
    pub(super) fn protection(&self, address: u64) -> Option<Protection> {
        self.region(address).map(|region| region.protection)
    }

    /// Where the bytes of `page` lie, unless they are this process's.
    pub(super) fn host(&self, page: u64) -> Option<u64> {
        match self.region(page) {
            Some(region) => Some(region.host(page)),
            None => self.native.get(&page).and_then(Slot::host),
        }
    }

    /// Whether interpreted code has stored to `page`.
    pub(super) fn is_written_by_code(&self, page: u64) -> bool {
        match self.region(page) {
            Some(region) => region.slots[region.index(page)].is_written_by_code,
            None => self
                .native
                .get(&page)
                .is_some_and(|slot| slot.is_written_by_code),
        }
    }

    /// Where `writer` stores to `page`. If it is this process's own, it can be read.
    pub(super) fn store(&mut self, page: u64, writer: Writer) -> u64 {
        debug_assert_eq!(page, page_of(page));
        let mut regions = self.regions.iter_mut().rev();
        let Some(region) = regions.find(|region| region.range.contains(&page)) else {
            let slot = self.native.entry(page).or_default();
            let before = slot.host().unwrap_or(page);
            return slot.store(before, writer, &mut self.spare);
        };
        let index = region.index(page);
        let before = region.host(page);
        if region.slots[index].stored.is_none() {
            region.touched.push(index);
        }
        region.slots[index].store(before, writer, &mut self.spare)
    }

    /// Drops all stores. Returns whether a patch was among them.
    pub(super) fn drop_stores(&mut self) -> bool {
        let mut had_patch = false;
        for region in &mut self.regions {
            had_patch |= region.drop_stores(&mut self.spare);
        }
        for slot in self.native.values_mut() {
            had_patch |= slot.drop_stores(&mut self.spare);
        }
        self.native.retain(|_, slot| slot.base.is_some());
        had_patch
    }

    /// Makes what was stored so far what stays.
    pub(super) fn keep_stores(&mut self) {
        for region in &mut self.regions {
            for index in region.touched.drain(..) {
                region.slots[index].keep_stores();
            }
        }
        self.native.values_mut().for_each(Slot::keep_stores);
    }
}
