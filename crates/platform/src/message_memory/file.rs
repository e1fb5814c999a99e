//! Memory files, which several processes map.

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};
use rustix::mm::{MapFlags, ProtFlags, mmap, mmap_anonymous, munmap};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::ptr;

/// A nameless file in memory.
#[derive(Debug)]
pub struct MemoryFile {
    descriptor: OwnedFd,
    len_bytes: usize,
}

impl MemoryFile {
    /// A new file of zeros.
    ///
    /// # Errors
    /// What the operating system says when it refuses the file.
    pub fn new(len_bytes: usize) -> io::Result<Self> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let descriptor = memfd_create(c"crcheck", flags)?;
        ftruncate(&descriptor, len_bytes as u64)?;
        Ok(Self {
            descriptor,
            len_bytes,
        })
    }

    /// The file behind a descriptor that was inherited.
    ///
    /// # Errors
    /// What the operating system says when it is none.
    pub fn of(descriptor: OwnedFd) -> io::Result<Self> {
        let len_bytes = File::from(descriptor.try_clone()?).metadata()?.len() as usize;
        Ok(Self {
            descriptor,
            len_bytes,
        })
    }

    /// The descriptor.
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }

    /// The size in bytes.
    pub fn len_bytes(&self) -> usize {
        self.len_bytes
    }

    /// Keeps everybody from mapping the file for writing again, and from changing its size. A kernel
    /// before 5.1 does not know how; then the mappings alone keep the subject out.
    pub(super) fn seal(&self) {
        let seals = SealFlags::FUTURE_WRITE | SealFlags::SHRINK | SealFlags::GROW;
        let _ = fcntl_add_seals(&self.descriptor, seals);
    }

    /// Maps the whole file; at `at`, inside a reservation of ours, unless that is null.
    ///
    /// # Errors
    /// What the operating system says when it refuses the mapping.
    pub fn map(&self, at: *mut u8, protection: ProtFlags) -> io::Result<*mut u8> {
        let fixed = if at.is_null() {
            MapFlags::empty()
        } else {
            MapFlags::FIXED
        };
        let flags = MapFlags::SHARED | fixed;
        // SAFETY: a fixed address lies in a reservation of this module, which nothing else uses.
        let start = unsafe {
            mmap(
                at.cast(),
                self.len_bytes,
                protection,
                flags,
                &self.descriptor,
                0,
            )
        };
        Ok(start?.cast())
    }
}

/// Reserves addresses, which nobody can read or write.
pub(super) fn reserve(len_bytes: usize) -> io::Result<*mut u8> {
    let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
    // SAFETY: a new private mapping at an address of the kernel's choice touches nothing of ours.
    let start = unsafe { mmap_anonymous(ptr::null_mut(), len_bytes, ProtFlags::empty(), flags) };
    Ok(start?.cast())
}

/// Takes a mapping back.
pub fn unmap(start: *mut u8, len_bytes: usize) {
    // SAFETY: callers pass mappings of memory files only, once each, when nothing refers to them.
    let _ = unsafe { munmap(start.cast(), len_bytes) };
}

/// The size of a page of memory in bytes.
pub fn page_bytes() -> usize {
    rustix::param::page_size()
}
