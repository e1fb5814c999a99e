//! The seed of a run that names none.

use std::hash::{BuildHasher, RandomState};

/// A seed that differs from run to run.
pub(crate) fn fresh() -> u64 {
    RandomState::new().hash_one(std::process::id())
}
