//! What to run.

use crate::checks::CheckSet;
use crate::depth::Depth;

/// How far, which checks, and from which seed.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How far.
    pub depth: Depth,
    /// Which checks.
    pub checks: CheckSet,
    /// The seed of all that is random.
    pub seed: u64,
    /// The most stack that a call may use, in bytes.
    pub max_stack_bytes: Option<usize>,
}
