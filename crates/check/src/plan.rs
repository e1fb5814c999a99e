//! A plan: what to run.

use crate::checks::CheckSet;
use crate::depth::Depth;
use crcheck_subject::Subject;

/// How far a run goes, which checks it makes, and from which seed.
#[derive(Clone, Debug)]
pub struct Plan {
    pub depth: Depth,
    /// Whether the depth is cut for a slow subject to what its pace allows.
    pub is_scaled: bool,
    pub checks: CheckSet,
    /// The seed of everything random.
    pub seed: u64,
    /// The most stack that a call may use, in bytes.
    pub max_stack_bytes: Option<usize>,
}

impl Plan {
    /// The depth for `subject`.
    pub fn depth_for(&self, subject: &dyn Subject) -> Depth {
        let depth = if self.is_scaled {
            self.depth.scaled_to(subject)
        } else {
            self.depth
        };
        let capabilities = subject.capabilities();
        depth
            .for_form(capabilities.form)
            .within(capabilities.length_max)
    }
}
