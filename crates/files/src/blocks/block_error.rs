//! Why a range of a file cannot be read.

use crate::method::Method;
use std::io;

/// Why a range of a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum BlockError {
    /// The system refuses.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The file ends before the range does.
    #[error("the file ends at byte {at_bytes}, before all of it was read")]
    Ended {
        /// The last byte that there may be: the file ends here, or before.
        at_bytes: u64,
    },
    /// The method cannot read this file here.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Why a method cannot read a file here, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{method}` cannot read it: {reason}; use `auto` or `read` instead")]
pub struct Unavailable {
    /// The method.
    pub method: Method,
    /// Why not.
    pub reason: String,
}

impl Unavailable {
    /// `method` cannot, because of `reason`.
    pub fn new(method: Method, reason: impl Into<String>) -> Self {
        Self {
            method,
            reason: reason.into(),
        }
    }
}
