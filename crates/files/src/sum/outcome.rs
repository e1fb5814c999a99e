//! What a sum ends with.

use super::difference::Difference;
use crate::blocks::{BlockError, Unavailable};
use crate::method::Method;
use std::io;

/// The checksum of a file, and how it was had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// The checksum.
    pub checksum: u64,
    /// How many bytes it is of.
    pub len_bytes: u64,
    /// How they were read, or most of them.
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
    /// The method that was asked for cannot read it here.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// `cancelled` became true.
    #[error("interrupted")]
    Cancelled,
}

impl From<BlockError> for SumError {
    fn from(error: BlockError) -> Self {
        match error {
            BlockError::Io(error) => Self::Io(error),
            BlockError::Unavailable(unavailable) => Self::Unavailable(unavailable),
            ended @ BlockError::Ended { .. } => Self::Changed(ended.to_string()),
        }
    }
}
