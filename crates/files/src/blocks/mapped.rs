//! The bytes of a file, mapped a window a time.

use super::block_error::{BlockError, Unavailable};
use super::copied;
use super::options::{BLOCK_BYTES_MAX, ReadOptions};
use crate::method::Method;
use crcheck_platform::file_window::FileWindow;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::AsFd;

/// Maps `range`, a window a time, and returns whether `take` took all of it. A `take` whose block
/// vanishes is abandoned where it is.
pub(super) fn read(
    file: &File,
    options: &ReadOptions,
    range: Range<u64>,
    take: &mut dyn FnMut(&[u8]) -> bool,
) -> Result<bool, BlockError> {
    let mut at = range.start;
    while at < range.end {
        let len_bytes = (range.end - at).min(options.buffer_bytes as u64) as usize;
        let window = FileWindow::new(file.as_fd(), at, len_bytes, options.paging);
        let window = window.map_err(|error| refused(&error))?;
        if !read_window(file, &window, at, take)? {
            return Ok(false);
        }
        at += len_bytes as u64;
    }
    Ok(true)
}

fn read_window(
    file: &File,
    window: &FileWindow,
    offset_bytes: u64,
    take: &mut dyn FnMut(&[u8]) -> bool,
) -> Result<bool, BlockError> {
    for start in (0..window.len_bytes()).step_by(BLOCK_BYTES_MAX) {
        let part = start..(start + BLOCK_BYTES_MAX).min(window.len_bytes());
        let at = offset_bytes + start as u64;
        match window.read(part.clone(), &mut *take) {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(_) => return Err(why_vanished(file, at..at + part.len() as u64)),
        }
    }
    Ok(true)
}

/// The block has vanished: its file is shorter, or the disk fails. A read knows which.
fn why_vanished(file: &File, block: Range<u64>) -> BlockError {
    let at_bytes = block.end;
    match copied::read(file, &mut vec![0; 64 << 10], block, &mut |_| true) {
        Err(error) => error,
        // The file has grown again: what was read is not what there is, at any rate.
        Ok(_) => BlockError::Ended { at_bytes },
    }
}

fn refused(error: &io::Error) -> BlockError {
    let reason = format!("the system refuses to map it: {error}");
    Unavailable::new(Method::Mmap, reason).into()
}
