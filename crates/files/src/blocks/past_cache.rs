//! A file opened once more, to be read past the page cache.

use rustix::fs::{CWD, Mode, OFlags, openat};
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

/// What offsets, lengths and addresses of such reads are a multiple of. A file system may ask for
/// less, and for no more than a page.
pub(super) fn alignment_bytes() -> u64 {
    crcheck_platform::mapping::page_bytes() as u64
}

/// Opens `file` with `O_DIRECT`, apart from `file` itself, which others may share.
///
/// # Errors
/// A sentence that says why that cannot be.
pub(super) fn open(file: &File) -> Result<File, String> {
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::DIRECT;
    match openat(CWD, path, flags, Mode::empty()) {
        Ok(opened) => Ok(File::from(opened)),
        Err(rustix::io::Errno::INVAL) => {
            Err("its file system cannot read past the page cache (O_DIRECT)".to_owned())
        }
        Err(error) => Err(format!(
            "the system refuses to open it past the page cache: {}",
            io::Error::from(error)
        )),
    }
}
