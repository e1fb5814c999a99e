//! A plan: what to run.

use crate::checks::CheckSet;
use crate::depth::Depth;

/// How far a run goes, which checks it makes, and from which seed.
#[derive(Clone, Debug)]
pub struct Plan {
    pub depth: Depth,
    pub checks: CheckSet,
    /// The seed of everything random.
    pub seed: u64,
    /// The most stack that a call may use, in bytes.
    pub max_stack_bytes: Option<usize>,
}
