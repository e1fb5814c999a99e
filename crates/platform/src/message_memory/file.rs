//! Files in memory, which several processes can map.

use crate::mapping::{MapAccess, Mapping};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

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
    /// If the operating system refuses the file.
    pub fn new(len_bytes: usize) -> io::Result<Self> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let descriptor = memfd_create(c"crcheck", flags)?;
        ftruncate(&descriptor, len_bytes as u64)?;
        Ok(Self {
            descriptor,
            len_bytes,
        })
    }

    /// The file behind an inherited descriptor.
    ///
    /// # Errors
    /// If the operating system does not give the file's size.
    pub fn of(descriptor: OwnedFd) -> io::Result<Self> {
        let len_bytes = File::from(descriptor.try_clone()?).metadata()?.len() as usize;
        Ok(Self {
            descriptor,
            len_bytes,
        })
    }

    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }

    /// The size in bytes.
    pub fn len_bytes(&self) -> usize {
        self.len_bytes
    }

    /// Forbids changes of the file's size, and of what is forbidden: whoever maps the file finds
    /// its bytes.
    ///
    /// # Errors
    /// If the operating system refuses.
    pub fn fix_size(&self) -> io::Result<()> {
        let seals = SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL;
        Ok(fcntl_add_seals(&self.descriptor, seals)?)
    }

    /// Forbids further writable mappings of the file, and what [`MemoryFile::fix_size`] forbids.
    /// Linux before 5.1 cannot do the first; there only the read-only mapping keeps the subject
    /// from writing.
    ///
    /// # Errors
    /// If the operating system refuses to fix the size.
    pub(super) fn seal(&self) -> io::Result<()> {
        let _ = fcntl_add_seals(&self.descriptor, SealFlags::FUTURE_WRITE);
        self.fix_size()
    }

    /// Maps the whole file.
    ///
    /// # Errors
    /// If the operating system refuses the mapping.
    pub fn map(&self, access: MapAccess) -> io::Result<Mapping> {
        Mapping::of_file(self.descriptor(), self.len_bytes, access)
    }
}
