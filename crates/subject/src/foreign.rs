//! Subjects whose code runs in another process.

use crate::worker::Remote;
use std::io;

/// A subject whose code runs in another process.
pub trait Foreign: Send + Sync {
    /// Another process for messages of up to `capacity_bytes`.
    ///
    /// # Errors
    /// If it cannot be had.
    fn open(&self, capacity_bytes: usize) -> io::Result<Remote>;

    /// What the other process has given up, so that the code can do no harm.
    fn sandbox(&self) -> String;

    /// The checksum before a call, as the code wants it, and the code's answer as a checksum: what
    /// is exclusive-ored with either.
    fn xor(&self) -> u64 {
        0
    }
}

/// Why a foreign subject cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForeignError {
    /// It is not what was meant.
    #[error("{0}")]
    Usage(String),
    /// It is not here, or cannot run here.
    #[error("{0}")]
    Unavailable(String),
    /// Its process could not be started.
    #[error("{0}")]
    Start(String),
}
