//! The memory that interpreted code sees: that of this process, under an overlay.
//!
//! Reads see this process as it is, at every call anew: no page of this process is copied unless
//! something is stored to it. Stores go to the overlay, and this process does not see them, except
//! in [shared](Memory::share) ranges. Regions of the overlay's own lie over or beside the process:
//! stacks, and libraries that this process has not loaded.
//!
//! Reads never crash this process. Once a call, before the first read of a page, the operating
//! system says whether the page can be read. Between that and the end of the call, no other thread
//! takes the page away: whoever calls sees to it.

mod lookaside;
mod maps;
mod native;
mod overlay;
mod page;
mod protection;

use crate::fault::{AccessKind, Fault};
use crcheck_platform::readable::is_readable;
use lookaside::Lookaside;
use maps::Maps;
use overlay::{Overlay, Writer};
pub(crate) use page::PAGE_BYTES;
use page::page_of;
pub use protection::Protection;
use std::collections::HashSet;
use std::io;
use std::ops::Range;

/// The memory that interpreted code sees.
#[derive(Debug)]
pub struct Memory {
    readable: Lookaside,
    writable: Lookaside,
    stack: Range<u64>,
    /// How far above the start of the stack the lowest store to it was; its size if there is none.
    stack_lowest: u64,
    maps: Maps,
    has_forgotten: bool,
    overlay: Overlay,
    shared: Vec<Range<u64>>,
    /// Pages that instructions were fetched from.
    fetched: HashSet<u64>,
    /// How often patches and new regions may have changed fetched code.
    code_changes: u64,
    /// The sum of all changes when the last call began.
    code_version: u64,
}

impl Memory {
    /// That of this process.
    ///
    /// # Errors
    /// If this process cannot read what it has mapped.
    pub fn of_this_process() -> io::Result<Self> {
        Ok(Self {
            readable: Lookaside::new(),
            writable: Lookaside::new(),
            stack: 0..0,
            stack_lowest: 0,
            maps: Maps::read()?,
            has_forgotten: false,
            overlay: Overlay::default(),
            shared: Vec::new(),
            fetched: HashSet::new(),
            code_changes: 0,
            code_version: 0,
        })
    }

    /// Lays a region of its own over `start` and behind it, which holds `bytes` and then zeros. The
    /// addresses are whole pages.
    ///
    /// # Panics
    /// If the region is not whole pages, or has fewer bytes than `bytes`.
    pub fn map(&mut self, region: Range<u64>, protection: Protection, bytes: &[u8]) {
        self.overlay.map(region, protection, bytes);
        self.code_changes += 1;
        self.look_again();
    }

    /// Removes every [mapped](Memory::map) region that lies within `range`, and what was stored
    /// there.
    pub fn unmap(&mut self, range: Range<u64>) {
        self.overlay.unmap(&range);
        self.code_changes += 1;
        self.look_again();
    }

    /// Lets stores to `range` of this process through.
    ///
    /// # Safety
    /// The range is valid for writes, and nobody else uses it, as long as interpreted code runs.
    pub unsafe fn share(&mut self, range: Range<u64>) {
        self.shared.push(range);
        self.look_again();
    }

    /// No range is shared from now on.
    pub fn unshare(&mut self) {
        self.shared.clear();
        self.look_again();
    }

    /// Replaces bytes for interpreted code alone, whatever their protection, until stores are
    /// dropped.
    ///
    /// # Errors
    /// If there is no memory. Bytes before the refused one are then replaced.
    pub fn patch(&mut self, address: u64, bytes: &[u8]) -> Result<(), Fault> {
        self.code_changes += 1;
        self.look_again();
        for (at, piece) in pieces(address, bytes.len(), &[]) {
            let page = page_of(at);
            if self.overlay.protection(page).is_none() && !is_readable(page as usize) {
                let access = AccessKind::Read;
                return Err(Fault::Page {
                    address: at,
                    access,
                });
            }
            let host = self.overlay.store(page, Writer::Patch) + (at - page);
            // SAFETY: the page is the overlay's own, and the piece lies within it.
            unsafe { native::write(host, &bytes[piece]) };
        }
        Ok(())
    }

    /// Drops all that interpreted code has stored, and all patches, back to the last
    /// [`Memory::keep_stores`]; [mapped](Memory::map) regions get their bytes back.
    pub fn drop_stores(&mut self) {
        self.code_changes += u64::from(self.overlay.drop_stores());
        self.look_again();
    }

    /// Keeps what was stored and patched so far, as the memory that
    /// [`Memory::drop_stores`] goes back to.
    pub fn keep_stores(&mut self) {
        self.overlay.keep_stores();
        self.look_again();
    }

    /// Says that this process may have mapped something else since: it has loaded a library, or
    /// changed protections. Reads notice that by themselves at the next call; whether a page can be
    /// written, and which code it holds, is looked up again after this.
    pub fn forget(&mut self) {
        self.has_forgotten = true;
        self.look_again();
    }

    /// Maps a stack, which every call finds as new.
    pub(crate) fn map_stack(&mut self, stack: Range<u64>) {
        let protection = Protection {
            can_read: true,
            can_write: true,
            can_execute: false,
        };
        self.map(stack.clone(), protection, &[]);
        self.stack_lowest = stack.end - stack.start;
        self.stack = stack;
    }

    /// Prepares for a call, whose stack holds `fill` everywhere. Returns whether code that was
    /// fetched before may have changed since.
    pub(crate) fn begin_call(&mut self, fill: u8) -> bool {
        self.overlay.fill(self.stack.start, fill);
        self.stack_lowest = self.stack.end - self.stack.start;
        self.look_again();
        if std::mem::take(&mut self.has_forgotten) {
            self.maps.refresh();
        }
        let version = self.code_changes + self.maps.code_changes();
        let has_changed = version != self.code_version;
        if has_changed {
            self.fetched.clear();
            self.code_version = version;
        }
        has_changed
    }

    /// The lowest address of the stack that was written since the call began; the end of the stack
    /// if none was.
    pub(crate) fn stack_lowest(&self) -> u64 {
        self.stack.start + self.stack_lowest
    }

    /// Where segment fs begins for this thread.
    pub(crate) fn thread_pointer(&self) -> u64 {
        native::thread_pointer()
    }

    /// Reads bytes.
    ///
    /// # Errors
    /// [`Fault::Page`] with the first address that cannot be read.
    #[inline]
    pub fn read(&mut self, address: u64, into: &mut [u8]) -> Result<(), Fault> {
        match self.readable.host(address, into.len()) {
            Some(host) => {
                // SAFETY: `readable` holds pages that can be read, all bytes are in one of them,
                // and it was cleared when the call began.
                unsafe { native::read(host, into) };
                Ok(())
            }
            None => self.read_slowly(address, into, AccessKind::Read),
        }
    }

    /// Reads bytes of code, which interpreted code does not write from then on.
    ///
    /// # Errors
    /// [`Fault::Page`] with the first address that cannot be executed; [`Fault::WrittenCode`] if
    /// interpreted code has written it.
    pub fn fetch(&mut self, address: u64, into: &mut [u8]) -> Result<(), Fault> {
        self.read_slowly(address, into, AccessKind::Execute)?;
        for (at, _) in pieces(address, into.len(), &[]) {
            if self.overlay.is_written_by_code(page_of(at)) {
                return Err(Fault::WrittenCode);
            }
            if self.fetched.insert(page_of(at)) {
                self.writable.clear();
            }
        }
        Ok(())
    }

    /// Reads `N` bytes.
    ///
    /// # Errors
    /// As [`Memory::read`].
    #[inline]
    pub fn read_array<const N: usize>(&mut self, address: u64) -> Result<[u8; N], Fault> {
        match self.readable.host(address, N) {
            // SAFETY: as in `read`.
            Some(host) => Ok(unsafe { native::read_array(host) }),
            None => {
                let mut bytes = [0; N];
                self.read_slowly(address, &mut bytes, AccessKind::Read)?;
                Ok(bytes)
            }
        }
    }

    /// Writes bytes: all or none.
    ///
    /// # Errors
    /// [`Fault::Page`] with the first address that cannot be written; [`Fault::WrittenCode`] where
    /// instructions were fetched from.
    #[inline]
    pub fn write(&mut self, address: u64, bytes: &[u8]) -> Result<(), Fault> {
        match self.writable.host(address, bytes.len()) {
            // SAFETY: `writable` holds pages of the overlay and of shared ranges, and all bytes are
            // in one of them.
            Some(host) => unsafe { native::write(host, bytes) },
            None => self.write_slowly(address, bytes)?,
        }
        let above_start = address.wrapping_sub(self.stack.start);
        if above_start < self.stack_lowest {
            self.stack_lowest = above_start;
        }
        Ok(())
    }

    /// Whether every byte allows the access.
    ///
    /// # Errors
    /// As the access itself: [`Fault::Page`] with the first address that does not.
    #[inline]
    pub fn check(
        &mut self,
        address: u64,
        len_bytes: usize,
        access: AccessKind,
    ) -> Result<(), Fault> {
        let known = match access {
            AccessKind::Read => self.readable.host(address, len_bytes),
            AccessKind::Write => self.writable.host(address, len_bytes),
            AccessKind::Execute => None,
        };
        match known {
            Some(_) => Ok(()),
            None => self.check_slowly(address, len_bytes, access),
        }
    }

    /// Looks at every page anew from now on.
    pub(crate) fn look_again(&mut self) {
        self.readable.clear();
        self.writable.clear();
    }

    #[cold]
    #[inline(never)]
    fn check_slowly(
        &mut self,
        address: u64,
        len_bytes: usize,
        access: AccessKind,
    ) -> Result<(), Fault> {
        canonical(address)?;
        for (at, _) in pieces(address, len_bytes, &[]) {
            let page = page_of(at);
            if !self.allows(page, access) {
                return Err(Fault::Page {
                    address: at,
                    access,
                });
            }
            if access == AccessKind::Write && self.fetched.contains(&page) {
                return Err(Fault::WrittenCode);
            }
        }
        Ok(())
    }

    /// Whether `page` allows the access now. If it does and is this process's own, it can be read.
    fn allows(&mut self, page: u64, access: AccessKind) -> bool {
        if let Some(own) = self.overlay.protection(page) {
            return own.allows(access);
        }
        let is_known = access == AccessKind::Read || self.maps.allow(page, access);
        is_known && is_readable(page as usize)
    }

    #[cold]
    #[inline(never)]
    fn read_slowly(
        &mut self,
        address: u64,
        into: &mut [u8],
        access: AccessKind,
    ) -> Result<(), Fault> {
        self.check_slowly(address, into.len(), access)?;
        for (at, piece) in pieces(address, into.len(), &self.shared) {
            let page = page_of(at);
            let own = self.overlay.host(page).filter(|_| !self.is_shared(at));
            let host = own.unwrap_or(page);
            if access == AccessKind::Read && !self.is_partly_shared(page) {
                self.readable.put(page, host);
            }
            // SAFETY: the page can be read, as checked above, and the piece lies within it.
            unsafe { native::read(host + (at - page), &mut into[piece]) };
        }
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn write_slowly(&mut self, address: u64, bytes: &[u8]) -> Result<(), Fault> {
        self.check_slowly(address, bytes.len(), AccessKind::Write)?;
        for (at, piece) in pieces(address, bytes.len(), &self.shared) {
            let page = page_of(at);
            let host = if self.is_shared(at) {
                page
            } else {
                self.readable.remove(page);
                self.overlay.store(page, Writer::Code)
            };
            if !self.is_partly_shared(page) {
                self.writable.put(page, host);
            }
            // SAFETY: the page is the overlay's own, or `share` has promised that the bytes of the
            // piece are for us to write.
            unsafe { native::write(host + (at - page), &bytes[piece]) };
        }
        Ok(())
    }

    fn is_shared(&self, address: u64) -> bool {
        self.shared.iter().any(|range| range.contains(&address))
    }

    /// Whether a shared range begins or ends within `page`.
    fn is_partly_shared(&self, page: u64) -> bool {
        let inside = page + 1..page + PAGE_BYTES;
        let mut shared = self.shared.iter();
        shared.any(|range| inside.contains(&range.start) || inside.contains(&range.end))
    }
}

fn canonical(address: u64) -> Result<(), Fault> {
    let extended = (address << 16).cast_signed() >> 16;
    if extended.cast_unsigned() == address {
        Ok(())
    } else {
        Err(Fault::NotCanonical { address })
    }
}

/// The parts of an access, each within one page and on one side of each range's ends: where it is,
/// and which bytes of the access it has.
fn pieces(
    address: u64,
    len_bytes: usize,
    ranges: &[Range<u64>],
) -> impl Iterator<Item = (u64, Range<usize>)> + use<> {
    let edges: Vec<u64> = ranges
        .iter()
        .flat_map(|range| [range.start, range.end])
        .collect();
    let mut done = 0;
    std::iter::from_fn(move || {
        if done == len_bytes {
            return None;
        }
        let at = address.wrapping_add(done as u64);
        let mut len = (PAGE_BYTES - (at - page_of(at))).min((len_bytes - done) as u64);
        for edge in edges.iter().filter(|&&edge| edge > at) {
            len = len.min(edge - at);
        }
        let piece = done..done + len as usize;
        done = piece.end;
        Some((at, piece))
    })
}
