//! The bytes of a file, with several reads under way at once.

use super::block_error::{BlockError, Unavailable};
use super::fill::fill;
use super::options::ReadOptions;
use super::past_cache::alignment_bytes;
use crate::method::Method;
use crcheck_platform::read_ring::ReadRing;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::AsFd;

/// The ring for `options`.
///
/// # Errors
/// If the system has none for this process.
pub(super) fn new(options: &ReadOptions) -> Result<ReadRing, BlockError> {
    let buffer_bytes = options.buffer_bytes as u64;
    // Each read begins at a multiple of the alignment, so its size is one.
    let buffer_bytes = buffer_bytes.next_multiple_of(alignment_bytes()) as usize;
    ReadRing::new(options.depth.max(1), buffer_bytes).map_err(|error| refused(&error))
}

/// Reads `range`, and returns whether `take` took all of it. `past_cache` is the file to read from,
/// `None`: `file`. What a read leaves out comes from `file`.
pub(super) fn read(
    ring: &mut ReadRing,
    past_cache: Option<&File>,
    file: &File,
    range: Range<u64>,
    take: &mut dyn FnMut(&[u8]) -> bool,
) -> Result<bool, BlockError> {
    let outcome = read_in_order(ring, past_cache.unwrap_or(file), file, range, take);
    ring.drain()?;
    outcome
}

fn read_in_order(
    ring: &mut ReadRing,
    source: &File,
    file: &File,
    range: Range<u64>,
    take: &mut dyn FnMut(&[u8]) -> bool,
) -> Result<bool, BlockError> {
    let step = ring.buffer_bytes() as u64;
    let first = range.start - range.start % alignment_bytes();
    let blocks = range.end.saturating_sub(first).div_ceil(step);
    let depth = ring.depth() as u64;
    let start = |ring: &mut ReadRing, block: u64| {
        let at = first + block * step;
        let len_bytes = step.min(range.end.next_multiple_of(alignment_bytes()) - at);
        ring.start(
            (block % depth) as usize,
            source.as_fd(),
            at,
            len_bytes as usize,
        )
    };
    for block in 0..depth.min(blocks) {
        start(ring, block)?;
    }
    for block in 0..blocks {
        let (slot, at) = ((block % depth) as usize, first + block * step);
        let end = (at + step).min(range.end);
        let had_end = (at + finish(ring, slot, file, at, end)? as u64).min(range.end);
        let from = at.max(range.start);
        if from < had_end {
            let wanted = (from - at) as usize..(had_end - at) as usize;
            if !take(&ring.bytes(slot)[wanted]) {
                return Ok(false);
            }
        }
        if had_end < end {
            return Err(BlockError::Ended { at_bytes: had_end });
        }
        if block + depth < blocks {
            start(ring, block + depth)?;
        }
    }
    Ok(true)
}

/// Waits for the read of `slot`, and reads the rest up to `end` plainly if it got less, as a system
/// may at the end of a file, or when it is busy.
fn finish(
    ring: &mut ReadRing,
    slot: usize,
    file: &File,
    offset_bytes: u64,
    end: u64,
) -> io::Result<usize> {
    use io::ErrorKind::{Interrupted, InvalidInput, WouldBlock};
    let had_bytes = match ring.finish(slot) {
        Err(error) if matches!(error.kind(), Interrupted | InvalidInput | WouldBlock) => 0,
        other => other?,
    };
    let wanted_bytes = (end - offset_bytes) as usize;
    if had_bytes >= wanted_bytes {
        return Ok(had_bytes);
    }
    let rest = &mut ring.bytes_mut(slot)[had_bytes..wanted_bytes];
    Ok(had_bytes + fill(file, rest, offset_bytes + had_bytes as u64)?)
}

fn refused(error: &io::Error) -> BlockError {
    let reason = format!("the system refuses io_uring to this process: {error}");
    Unavailable::new(Method::Uring, reason).into()
}
