//! The holes of a sparse file: zeros that nobody needs to read.

use rustix::fs::{SeekFrom, seek};
use rustix::io::Errno;
use std::fs::{File, Metadata};
use std::ops::Range;
use std::os::unix::fs::MetadataExt;

/// What a stretch of a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stretch {
    /// Bytes to read.
    Data(Range<u64>),
    /// Nothing but zeros, as far as the file system says.
    Hole(Range<u64>),
}

/// Whether a file has fewer blocks than its length needs: it has holes, or is compressed.
pub(super) fn is_sparse(found: &Metadata) -> bool {
    // `st_blocks` counts 512 bytes each.
    found.blocks().saturating_mul(512) < found.len()
}

/// The stretch that begins at `at` and ends at `end` or before. Positions of `file` move.
pub(super) fn stretch(file: &File, at: u64, end: u64) -> Stretch {
    match seek(file, SeekFrom::Data(at)) {
        // No data up to the end of the file.
        Err(Errno::NXIO) => Stretch::Hole(at..end),
        Ok(data) if data > at => Stretch::Hole(at..data.min(end)),
        Ok(_) => match seek(file, SeekFrom::Hole(at)) {
            Ok(hole) if hole > at => Stretch::Data(at..hole.min(end)),
            _ => Stretch::Data(at..end),
        },
        // A file system that does not know.
        Err(_) => Stretch::Data(at..end),
    }
}
