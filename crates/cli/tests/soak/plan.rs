//! How a soak runs, and where what fails stays.

use std::path::{Path, PathBuf};
use std::time::Duration;

/// How a soak runs.
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) time: Duration,
    /// The only draw, if one is to be made again.
    pub(crate) only: Option<u64>,
    pub(crate) jobs: usize,
    pub(crate) kept: PathBuf,
}

/// Where the input of a draw stays.
pub(crate) fn folder_of(kept: &Path, seed: u64, index: u64) -> PathBuf {
    kept.join(format!("{seed}-{index}"))
}
