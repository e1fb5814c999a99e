//! What of a file lies in the page cache, and how it leaves it.

use crate::mapping::page_bytes;
use rustix::fs::{Advice, fadvise};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::AsFd;
use std::ptr;

/// How much of a file is looked at together.
const WINDOW_BYTES: u64 = 1 << 30;

/// How many bytes of a range of a file lie in the page cache, in whole pages. The range begins with
/// a page. Looking neither reads the file nor touches it. For a file that is somebody else's, the
/// kernel says that all of it does.
///
/// # Errors
/// What the system says.
pub fn cached_bytes(file: &File, range: Range<u64>) -> io::Result<u64> {
    let mut pages = 0;
    for offset_bytes in range.clone().step_by(WINDOW_BYTES as usize) {
        let window_bytes = WINDOW_BYTES.min(range.end - offset_bytes);
        pages += cached_pages(file, offset_bytes, window_bytes as usize)?;
    }
    Ok((pages * page_bytes() as u64).min(range.end.saturating_sub(range.start)))
}

/// Drops a file's pages from the page cache. Those that are dirty stay, and so do those that a
/// process has mapped.
///
/// # Errors
/// What the system says.
pub fn evict(file: &File) -> io::Result<()> {
    Ok(fadvise(file, 0, None, Advice::DontNeed)?)
}

fn cached_pages(file: &File, offset_bytes: u64, len_bytes: usize) -> io::Result<u64> {
    let window = Window::new(file, offset_bytes, len_bytes)?;
    let mut states = vec![0_u8; len_bytes.div_ceil(page_bytes())];
    // SAFETY: the window maps these addresses until it is dropped, and there is a byte for each of
    // their pages.
    let failed = unsafe { libc::mincore(window.start, len_bytes, states.as_mut_ptr()) };
    if failed != 0 {
        return Err(io::Error::last_os_error());
    }
    // The other bits are reserved.
    Ok(states.iter().filter(|state| **state & 1 == 1).count() as u64)
}

/// A part of a file, mapped and never touched.
struct Window {
    start: *mut c_void,
    len_bytes: usize,
}

impl Window {
    fn new(file: &File, offset_bytes: u64, len_bytes: usize) -> io::Result<Self> {
        let (read, shared) = (ProtFlags::READ, MapFlags::SHARED);
        // SAFETY: a new mapping at an address of the kernel's choice touches nothing of ours.
        let start = unsafe {
            mmap(
                ptr::null_mut(),
                len_bytes,
                read,
                shared,
                file.as_fd(),
                offset_bytes,
            )
        }?;
        Ok(Self { start, len_bytes })
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // SAFETY: the mapping is this value's own, and nobody refers to its bytes.
        let unmapped = unsafe { munmap(self.start, self.len_bytes) };
        debug_assert!(unmapped.is_ok());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_new_file_is_cached_and_a_hole_is_not() {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(&[1; 100_000]).expect("written");
        file.set_len(1_000_000).expect("a hole behind");
        let cached = cached_bytes(&file, 0..1_000_000).expect("looked at");
        assert!((100_000..200_000).contains(&cached), "{cached}");
        assert_eq!(cached_bytes(&file, 0..100).expect("looked at"), 100);
        assert_eq!(cached_bytes(&file, 0..0).expect("looked at"), 0);
        assert!(evict(&file).is_ok());
    }
}
