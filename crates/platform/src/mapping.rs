//! Mappings of memory: addresses that one value owns and gives back.

use rustix::mm::{Advice, MapFlags, MprotectFlags, ProtFlags};
use rustix::mm::{madvise, mmap, mmap_anonymous, mprotect, munmap};
use std::io;
use std::os::fd::BorrowedFd;
use std::ptr;

/// What a mapping of a file allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapAccess {
    Read,
    /// Writing, and reading too.
    Write,
    /// Executing, and reading too.
    Execute,
}

impl MapAccess {
    fn protection(self) -> ProtFlags {
        match self {
            Self::Read => ProtFlags::READ,
            Self::Write => ProtFlags::READ | ProtFlags::WRITE,
            Self::Execute => ProtFlags::READ | ProtFlags::EXEC,
        }
    }
}

/// When the pages of a file enter a mapping.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Paging {
    /// Each at its first use, with some neighbours.
    #[default]
    OnDemand,
    /// As on demand, and the system reads far ahead.
    Sequential,
    /// All at once.
    Populated,
}

/// Addresses of this process that this value alone owns. Dropping it unmaps them.
#[derive(Debug)]
pub struct Mapping {
    start: *mut u8,
    len_bytes: usize,
}

// SAFETY: the mapping belongs to this value alone and is not tied to a thread.
unsafe impl Send for Mapping {}

impl Mapping {
    /// Reserves addresses that nobody can read or write yet.
    ///
    /// # Errors
    /// If the operating system refuses the addresses.
    pub fn reserve(len_bytes: usize) -> io::Result<Self> {
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: a new private mapping at an address of the kernel's choice touches nothing of
        // ours.
        let start =
            unsafe { mmap_anonymous(ptr::null_mut(), len_bytes, ProtFlags::empty(), flags) }?;
        Ok(Self {
            start: start.cast(),
            len_bytes,
        })
    }

    /// Maps the first bytes of a file, shared with the file's other mappings.
    ///
    /// # Errors
    /// If the operating system refuses the mapping.
    pub fn of_file(file: BorrowedFd<'_>, len_bytes: usize, access: MapAccess) -> io::Result<Self> {
        let mut mapping = Self::reserve(len_bytes)?;
        mapping.map_file(0, file, len_bytes, access)?;
        Ok(mapping)
    }

    /// Maps the bytes of a file from `offset_bytes`, a multiple of the size of a page, to be read,
    /// shared with the file's other mappings.
    ///
    /// # Errors
    /// If the operating system refuses the mapping.
    pub fn of_file_part(
        file: BorrowedFd<'_>,
        offset_bytes: u64,
        len_bytes: usize,
        paging: Paging,
    ) -> io::Result<Self> {
        let mut flags = MapFlags::SHARED;
        flags.set(MapFlags::POPULATE, paging == Paging::Populated);
        // SAFETY: a new mapping at an address of the kernel's choice touches nothing of ours.
        let start = unsafe {
            mmap(
                ptr::null_mut(),
                len_bytes,
                ProtFlags::READ,
                flags,
                file,
                offset_bytes,
            )
        }?;
        if paging == Paging::Sequential {
            // SAFETY: the advice changes nothing that the addresses hold. It is only advice, so a
            // refusal is no error.
            let _ = unsafe { madvise(start, len_bytes, Advice::Sequential) };
        }
        Ok(Self {
            start: start.cast(),
            len_bytes,
        })
    }

    /// Whether the page at `offset` is in memory already. The operating system says yes of every
    /// page of a file that this user may not write.
    ///
    /// # Panics
    /// If `offset` does not lie in the addresses.
    pub fn is_resident(&self, offset: usize) -> bool {
        let page_bytes = page_bytes();
        let at = self.at(offset / page_bytes * page_bytes, 1);
        let mut state = 0;
        // SAFETY: the address is a mapped page's, and there is room for the one byte of the answer.
        let answer = unsafe { libc::mincore(at.cast(), 1, &raw mut state) };
        answer == 0 && state & 1 == 1
    }

    /// Maps the first bytes of a file at `offset` in the addresses, shared with the file's other
    /// mappings.
    ///
    /// # Errors
    /// If the operating system refuses the mapping.
    ///
    /// # Panics
    /// If the range does not lie in the addresses.
    pub fn map_file(
        &mut self,
        offset: usize,
        file: BorrowedFd<'_>,
        len_bytes: usize,
        access: MapAccess,
    ) -> io::Result<()> {
        let at = self.at(offset, len_bytes);
        let flags = MapFlags::SHARED | MapFlags::FIXED;
        // SAFETY: `at` says that the addresses are this mapping's own, which `&mut self` borrows
        // alone.
        unsafe { mmap(at.cast(), len_bytes, access.protection(), flags, file, 0) }?;
        Ok(())
    }

    /// Makes these addresses, which no file backs, readable and writable.
    ///
    /// # Errors
    /// If the operating system refuses.
    ///
    /// # Panics
    /// If the range does not lie in the addresses.
    pub fn open(&mut self, offset: usize, len_bytes: usize) -> io::Result<()> {
        let at = self.at(offset, len_bytes);
        let flags = MprotectFlags::READ | MprotectFlags::WRITE;
        // SAFETY: `at` says that the addresses are this mapping's own, which `&mut self` borrows
        // alone.
        unsafe { mprotect(at.cast(), len_bytes, flags) }?;
        Ok(())
    }

    /// Makes these addresses inaccessible.
    ///
    /// # Errors
    /// If the operating system refuses.
    ///
    /// # Panics
    /// If the range does not lie in the addresses.
    ///
    /// # Safety
    /// Nothing borrows them.
    pub unsafe fn close(&self, offset: usize, len_bytes: usize) -> io::Result<()> {
        let at = self.at(offset, len_bytes);
        // SAFETY: `at` says that the addresses are this mapping's own, and the caller that nothing
        // borrows them.
        unsafe { mprotect(at.cast(), len_bytes, MprotectFlags::empty()) }?;
        Ok(())
    }

    #[inline]
    fn at(&self, offset: usize, len_bytes: usize) -> *mut u8 {
        let end = offset.checked_add(len_bytes);
        assert!(
            end.is_some_and(|end| end <= self.len_bytes),
            "{len_bytes} bytes at {offset} lie outside of the {} that are mapped",
            self.len_bytes
        );
        self.start.wrapping_add(offset)
    }

    /// The first address.
    #[inline]
    pub const fn start(&self) -> *mut u8 {
        self.start
    }

    /// The size in bytes.
    pub const fn len_bytes(&self) -> usize {
        self.len_bytes
    }

    /// The `len_bytes` bytes at `offset`.
    ///
    /// # Panics
    /// If the range does not lie in the addresses.
    ///
    /// # Safety
    /// They can be read, and nobody writes to them while they are borrowed.
    #[inline]
    pub unsafe fn bytes(&self, offset: usize, len_bytes: usize) -> &[u8] {
        let start = self.at(offset, len_bytes);
        // SAFETY: mapped until `drop`; the caller vouches for the rest.
        unsafe { std::slice::from_raw_parts(start, len_bytes) }
    }

    /// The `len_bytes` bytes at `offset`, to be written.
    ///
    /// # Panics
    /// If the range does not lie in the addresses.
    ///
    /// # Safety
    /// They can be written, and nobody else reads or writes them while they are borrowed.
    pub unsafe fn bytes_mut(&mut self, offset: usize, len_bytes: usize) -> &mut [u8] {
        let start = self.at(offset, len_bytes);
        // SAFETY: mapped until `drop`; the caller vouches for the rest.
        unsafe { std::slice::from_raw_parts_mut(start, len_bytes) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the addresses are this value's own, and every borrow of them is a borrow of it.
        let _ = unsafe { munmap(self.start.cast(), self.len_bytes) };
    }
}

/// The size of a page of memory in bytes.
pub fn page_bytes() -> usize {
    rustix::param::page_size()
}
