//! What the operating system refuses.

use std::io;
use std::path::{Path, PathBuf};

/// A file or folder that the operating system refuses.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {}: {error}", path.display())]
pub struct PathError {
    action: &'static str,
    path: PathBuf,
    error: io::Error,
}

impl PathError {
    /// For `map_err`: `action` on `path` was refused.
    pub(crate) fn of(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self {
            action,
            path,
            error,
        }
    }
}
