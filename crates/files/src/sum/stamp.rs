//! What the system knows of a file before and after it is read.
//!
//! A change can escape: Linux sets the times of a file when a write begins, and before Linux 6.13
//! by a clock that ticks every few milliseconds. So bytes that are written all the time the file is
//! read, by one write or in one tick, leave its times as they were.

use super::outcome::SumError;
use std::fs::{File, Metadata};
use std::os::unix::fs::MetadataExt;

/// The length of a file, and when it last changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    len_bytes: u64,
    /// In seconds and nanoseconds.
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    pub(super) fn of(found: &Metadata) -> Self {
        Self {
            len_bytes: found.len(),
            modified: (found.mtime(), found.mtime_nsec()),
            changed: (found.ctime(), found.ctime_nsec()),
        }
    }

    /// Requires that `file` is what it was.
    ///
    /// # Errors
    /// What has changed, or what the system says.
    pub(super) fn require_same(&self, file: &File) -> Result<(), SumError> {
        match self.change(&Self::of(&file.metadata()?)) {
            None => Ok(()),
            Some(text) => Err(SumError::Changed(text)),
        }
    }

    /// Why a read ended at `at_bytes`, before the end of the file.
    pub(super) fn why_ended(&self, file: &File, at_bytes: u64) -> SumError {
        let now = match file.metadata() {
            Ok(found) => Self::of(&found),
            Err(error) => return error.into(),
        };
        SumError::Changed(self.change(&now).unwrap_or_else(|| {
            format!(
                "it ended at byte {at_bytes} while it was read, and has {} bytes again",
                now.len_bytes
            )
        }))
    }

    fn change(&self, now: &Self) -> Option<String> {
        let (before, after) = (self.len_bytes, now.len_bytes);
        if after < before {
            Some(format!(
                "it became shorter while it was read: {before} bytes before, {after} now"
            ))
        } else if after > before {
            Some(format!(
                "it grew while it was read: {before} bytes before, {after} now"
            ))
        } else if self.modified != now.modified {
            Some("its modification time changed while it was read".to_owned())
        } else if self.changed != now.changed {
            Some(
                "somebody wrote to it, linked or renamed it, or changed its owner or mode while it \
                 was read"
                    .to_owned(),
            )
        } else {
            None
        }
    }
}
