//! The memory that interpreted code sees: that of this process, under an overlay.
//!
//! Reads see this process as it is. Stores go to the overlay, and this process does not see them,
//! except in [shared](Memory::share) ranges. Regions of the overlay's own lie over or beside the
//! process: stacks, and libraries that this process has not loaded.

mod maps;
mod native;
mod overlay;

use crate::fault::{AccessKind, Fault};
use maps::Maps;
use overlay::Overlay;
use std::io;
use std::ops::Range;

/// What a region allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Protection {
    pub can_read: bool,
    pub can_write: bool,
    pub can_execute: bool,
}

impl Protection {
    pub(crate) const fn allows(self, access: AccessKind) -> bool {
        match access {
            AccessKind::Read => self.can_read,
            AccessKind::Write => self.can_write,
            AccessKind::Execute => self.can_execute,
        }
    }
}

/// The bytes of a page.
pub(crate) const PAGE_BYTES: u64 = 4096;

/// The memory that interpreted code sees.
#[derive(Debug)]
pub struct Memory {
    maps: Maps,
    overlay: Overlay,
    shared: Vec<Range<u64>>,
    code_version: u64,
}

impl Memory {
    /// That of this process.
    ///
    /// # Errors
    /// If this process cannot read what it has mapped.
    pub fn of_this_process() -> io::Result<Self> {
        Ok(Self {
            maps: Maps::read()?,
            overlay: Overlay::default(),
            shared: Vec::new(),
            code_version: 0,
        })
    }

    /// Lays a region of its own over `start` and behind it, which holds `bytes` and then zeros. The
    /// addresses are whole pages.
    ///
    /// # Panics
    /// If the region is not whole pages, or has fewer bytes than `bytes`.
    pub fn map(&mut self, region: Range<u64>, protection: Protection, bytes: &[u8]) {
        self.code_version += 1;
        self.overlay.map(region, protection, bytes);
    }

    /// Lets stores to `range` of this process through.
    ///
    /// # Safety
    /// The range is valid for writes, and nobody else uses it, as long as interpreted code runs.
    pub unsafe fn share(&mut self, range: Range<u64>) {
        self.shared.push(range);
    }

    /// No range is shared from now on.
    pub fn unshare(&mut self) {
        self.shared.clear();
    }

    /// Replaces bytes for interpreted code alone, whatever their protection.
    ///
    /// # Errors
    /// If there is no memory.
    pub fn patch(&mut self, address: u64, bytes: &[u8]) -> Result<(), Fault> {
        self.code_version += 1;
        for (address, byte) in (address..).zip(bytes) {
            self.store(address, *byte, None)?;
        }
        Ok(())
    }

    /// Drops all that interpreted code has stored, and all patches; [mapped](Memory::map) regions
    /// get their bytes back.
    pub fn drop_stores(&mut self) {
        self.code_version += 1;
        self.overlay.reset();
    }

    /// Prepares for a call, whose stack holds `fill` everywhere.
    pub(crate) fn begin_call(&mut self, fill: u8) {
        let _ = fill;
    }

    /// Changes whenever code that was fetched may have changed.
    pub(crate) fn code_version(&self) -> u64 {
        self.code_version
    }

    /// The lowest address of the stack that was written since the call began.
    pub(crate) fn stack_lowest(&self) -> u64 {
        u64::MAX
    }

    /// Where segment fs begins for this thread.
    pub(crate) fn thread_pointer(&self) -> u64 {
        native::thread_pointer()
    }

    /// Reads bytes.
    ///
    /// # Errors
    /// [`Fault::Page`] with the first address that cannot be read.
    pub fn read(&mut self, address: u64, into: &mut [u8]) -> Result<(), Fault> {
        self.load(address, into, AccessKind::Read)
    }

    /// Reads bytes of code.
    ///
    /// # Errors
    /// [`Fault::Page`] with the first address that cannot be executed.
    pub fn fetch(&mut self, address: u64, into: &mut [u8]) -> Result<(), Fault> {
        self.load(address, into, AccessKind::Execute)
    }

    /// Reads `N` bytes.
    ///
    /// # Errors
    /// As [`Memory::read`].
    #[inline]
    pub fn read_array<const N: usize>(&mut self, address: u64) -> Result<[u8; N], Fault> {
        let mut bytes = [0; N];
        self.read(address, &mut bytes)?;
        Ok(bytes)
    }

    /// Writes bytes: all or none.
    ///
    /// # Errors
    /// [`Fault::Page`] with the first address that cannot be written.
    pub fn write(&mut self, address: u64, bytes: &[u8]) -> Result<(), Fault> {
        self.check(address, bytes.len(), AccessKind::Write)?;
        for (address, byte) in (address..).zip(bytes) {
            self.store(address, *byte, Some(AccessKind::Write))?;
        }
        Ok(())
    }

    /// Whether every byte allows the access.
    ///
    /// # Errors
    /// [`Fault::Page`] with the first address that does not.
    pub fn check(
        &mut self,
        address: u64,
        len_bytes: usize,
        access: AccessKind,
    ) -> Result<(), Fault> {
        for address in (address..).take(len_bytes) {
            let protection = self.protection(address);
            if !protection.is_some_and(|protection| protection.allows(access)) {
                return Err(Fault::Page { address, access });
            }
        }
        Ok(())
    }

    fn protection(&mut self, address: u64) -> Option<Protection> {
        let own = self.overlay.protection(address);
        own.or_else(|| self.maps.protection(address))
    }

    fn load(&mut self, address: u64, into: &mut [u8], access: AccessKind) -> Result<(), Fault> {
        self.check(address, into.len(), access)?;
        for (address, byte) in (address..).zip(into) {
            *byte = match self.overlay.byte(address) {
                Some(byte) => byte,
                None => native::read(&self.maps, address),
            };
        }
        Ok(())
    }

    fn store(&mut self, address: u64, byte: u8, access: Option<AccessKind>) -> Result<(), Fault> {
        if self.shared.iter().any(|range| range.contains(&address)) {
            native::write(&self.maps, address, byte);
            return Ok(());
        }
        let _ = access;
        let maps = &self.maps;
        let page = |start: u64| native::page(maps, start);
        self.overlay.set(address, byte, page);
        Ok(())
    }
}
