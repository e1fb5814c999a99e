//! Subjects whose code runs in another process.

use crate::worker::Remote;
use crcheck_oracle::model::Model;
use std::io;

/// A subject whose code runs in another process.
pub trait Foreign: Send + Sync {
    /// Starts another process for messages of up to `capacity_bytes`.
    ///
    /// # Errors
    /// If it does not start.
    fn open(&self, capacity_bytes: usize) -> io::Result<Remote>;

    /// The interfaces that the code may have instead, as far as nobody has stated its interface.
    fn others(&self) -> Vec<OtherInterface<'_>> {
        Vec::new()
    }

    /// The interfaces that the code may have instead, whatever anybody has stated.
    fn all_others(&self) -> Vec<OtherInterface<'_>> {
        self.others()
    }

    /// A process that calls the code as one of `model`: its checksums are as wide, and its
    /// convention is of that model. `None` if the model does not decide how the code is called.
    fn open_as(&self, model: &Model) -> Option<io::Result<Remote>> {
        let _ = model;
        None
    }

    /// The rights that the other process has given up, so that the code can do no harm.
    fn sandbox(&self) -> String;
}

/// An interface that a subject's code may have instead of the one that it is called by.
pub struct OtherInterface<'s> {
    /// It, as options of the command line.
    pub options: Vec<String>,
    /// Whether calls by it can go on from any checksum.
    pub takes_checksum: bool,
    /// Starts a process that calls by it. Calls have little time, since most of them go wrong.
    pub open: Box<dyn Fn() -> io::Result<Remote> + 's>,
}

/// Why a foreign subject is not available.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForeignError {
    /// It is not what the user says that it is.
    #[error("{0}")]
    Usage(String),
    /// It does not exist, or cannot run on this machine.
    #[error("{0}")]
    Unavailable(String),
    /// Its process does not start.
    #[error("{0}")]
    Start(String),
}
