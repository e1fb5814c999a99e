//! The bytes of a file, copied out of the page cache.

use super::block_error::BlockError;
use super::fill::fill;
use std::fs::File;
use std::ops::Range;

/// Reads `range`, a buffer a time, and returns whether `take` took all of it.
pub(super) fn read(
    file: &File,
    buffer: &mut [u8],
    range: Range<u64>,
    take: &mut dyn FnMut(&[u8]) -> bool,
) -> Result<bool, BlockError> {
    let mut at = range.start;
    while at < range.end {
        let len_bytes = (range.end - at).min(buffer.len() as u64) as usize;
        let block = &mut buffer[..len_bytes];
        let had_bytes = fill(file, block, at)?;
        if had_bytes > 0 && !take(&block[..had_bytes]) {
            return Ok(false);
        }
        at += had_bytes as u64;
        if had_bytes < len_bytes {
            return Err(BlockError::Ended { at_bytes: at });
        }
    }
    Ok(true)
}
