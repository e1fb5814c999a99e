//! The bytes of a file, read past the page cache.

use super::block_error::BlockError;
use super::fill::fill;
use super::past_cache::alignment_bytes;
use std::fs::File;
use std::io;
use std::ops::Range;

/// Reads `range` of `past_cache`, a buffer a time, and returns whether `take` took all of it. What
/// the file system cannot read so, such as an odd end, comes from `file`, which is the same file
/// opened plainly.
pub(super) fn read(
    past_cache: &File,
    file: &File,
    buffer: &mut [u8],
    range: Range<u64>,
    take: &mut dyn FnMut(&[u8]) -> bool,
) -> Result<bool, BlockError> {
    let mut at = range.start;
    while at < range.end {
        let start = at - at % alignment_bytes();
        let end = (start + buffer.len() as u64).min(range.end.next_multiple_of(alignment_bytes()));
        let block = &mut buffer[..(end - start) as usize];
        let read_bytes = fill_directly(past_cache, file, block, start)?;
        let had_end = (start + read_bytes as u64).min(range.end);
        let wanted = (at - start) as usize..had_end.saturating_sub(start) as usize;
        if wanted.start < wanted.end && !take(&block[wanted]) {
            return Ok(false);
        }
        if had_end < end.min(range.end) {
            let at_bytes = had_end.max(at);
            return Err(BlockError::Ended { at_bytes });
        }
        at = had_end;
    }
    Ok(true)
}

/// Fills `block` from `past_cache`, and the rest from `file` if the former ends, or refuses an odd
/// offset.
fn fill_directly(
    past_cache: &File,
    file: &File,
    block: &mut [u8],
    offset_bytes: u64,
) -> io::Result<usize> {
    use std::os::unix::fs::FileExt;
    let had_bytes = loop {
        match past_cache.read_at(block, offset_bytes) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => break 0,
            other => break other?,
        }
    };
    if had_bytes == block.len() {
        return Ok(had_bytes);
    }
    let rest = &mut block[had_bytes..];
    Ok(had_bytes + fill(file, rest, offset_bytes + had_bytes as u64)?)
}
