//! Why a leg ends before its last step.

use crate::leg_outcome::LegOutcome;

/// Why a leg ends before its last step.
#[derive(Clone, Debug)]
pub(crate) struct EarlyEnd {
    pub(crate) outcome: LegOutcome,
    pub(crate) reason: String,
}

impl EarlyEnd {
    pub(crate) fn new(outcome: LegOutcome, reason: impl Into<String>) -> Self {
        Self {
            outcome,
            reason: reason.into(),
        }
    }
}
