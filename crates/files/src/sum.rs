//! The checksum of a whole file.

use crate::algorithm::Algorithm;
use crate::blocks;
use crate::method::{Method, MethodChoice};
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// How to read, and what to do meanwhile.
#[derive(Clone, Copy)]
pub struct SumOptions<'a> {
    /// What computes.
    pub algorithm: &'a Algorithm,
    /// The way to read.
    pub method: MethodChoice,
    /// The size of a read in bytes; `None`: the best one for the method.
    pub buffer_bytes: Option<usize>,
    /// How many threads read and compute; `None`: as many as help.
    pub threads: Option<usize>,
    /// Whether an oracle computes the same beside, and a difference ends the sum.
    pub is_verified: bool,
    /// Takes how many more bytes are done, from any thread.
    pub on_progress: &'a (dyn Fn(u64) + Sync),
    /// Ends the sum early.
    pub cancelled: &'a AtomicBool,
}

/// The checksum of a file, and how it was had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// The checksum.
    pub checksum: u64,
    /// How many bytes it is of.
    pub len_bytes: u64,
    /// How they were read.
    pub method: Method,
    /// The size of a read, or of the window of a mapping, in bytes.
    pub buffer_bytes: usize,
    /// How many threads read and computed.
    pub threads: usize,
    /// Why this method, and why no faster one: one sentence each.
    pub reasons: Vec<String>,
}

/// Why a file has no checksum.
#[derive(Debug, thiserror::Error)]
pub enum SumError {
    /// The system refuses to open or read it.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It became shorter, longer or other while it was read, as the text says.
    #[error("{0}")]
    Changed(String),
    /// The oracle and the algorithm differ.
    #[error("{0}")]
    Differs(Box<Difference>),
    /// `cancelled` became true.
    #[error("interrupted")]
    Cancelled,
}

/// The first block after which the running checksums of the algorithm and the oracle part.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{algorithm} computes {got:#x} and the oracle {expected:#x} \
     after the block at byte {offset_bytes}"
)]
pub struct Difference {
    /// The name of what computes.
    pub algorithm: &'static str,
    /// Where the block begins in the file, in bytes.
    pub offset_bytes: u64,
    /// The block.
    pub block: Vec<u8>,
    /// The checksum before it, on which both agree.
    pub before: u64,
    /// The oracle's checksum after it.
    pub expected: u64,
    /// The algorithm's.
    pub got: u64,
}

/// Bytes of a read, unless the user says otherwise.
const BUFFER_BYTES: usize = 1 << 20;

/// The checksum of the file, device, FIFO or other stream of this name.
///
/// # Errors
/// Why there is none.
pub fn sum_path(path: &Path, options: &SumOptions<'_>) -> Result<Sum, SumError> {
    sum_stream(&mut std::fs::File::open(path)?, options)
}

/// The checksum of what a stream still holds.
///
/// # Errors
/// Why there is none.
pub fn sum_stream(stream: &mut impl Read, options: &SumOptions<'_>) -> Result<Sum, SumError> {
    let buffer_bytes = options.buffer_bytes.unwrap_or(BUFFER_BYTES);
    let mut checksum = options.algorithm.initial_checksum();
    let mut len_bytes = 0;
    let is_cancelled = || options.cancelled.load(Ordering::Relaxed);
    blocks::read_stream(stream, &mut vec![0; buffer_bytes], |block| {
        checksum = options.algorithm.update(checksum, block);
        len_bytes += block.len() as u64;
        (options.on_progress)(block.len() as u64);
        !is_cancelled()
    })?;
    if is_cancelled() {
        return Err(SumError::Cancelled);
    }
    Ok(Sum {
        checksum,
        len_bytes,
        method: Method::Read,
        buffer_bytes,
        threads: 1,
        reasons: Vec::new(),
    })
}
