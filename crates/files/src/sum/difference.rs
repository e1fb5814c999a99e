//! Where the algorithm and the oracle part.

use std::fmt;

/// The first block after which the running checksums of the algorithm and the oracle part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The name of what computes.
    pub algorithm: &'static str,
    /// Where the block begins in the file, in bytes.
    pub offset_bytes: u64,
    /// The block. It is empty if the two part over something else: a hole of the file that begins
    /// there, or the combination of what lies before and behind.
    pub block: Vec<u8>,
    /// The checksum before it, on which both agree. It is that of the bytes from the start of the
    /// part that one thread read, or from the start of the file.
    pub before: u64,
    /// The oracle's checksum after it.
    pub expected: u64,
    /// The algorithm's.
    pub got: u64,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            algorithm,
            offset_bytes,
            expected,
            got,
            ..
        } = self;
        write!(
            f,
            "{algorithm} computes {got:#x} and the oracle {expected:#x} "
        )?;
        match self.block.len() {
            0 => write!(f, "from combined parts, at byte {offset_bytes}"),
            len_bytes => write!(f, "after the {len_bytes} bytes at byte {offset_bytes}"),
        }
    }
}

impl std::error::Error for Difference {}
