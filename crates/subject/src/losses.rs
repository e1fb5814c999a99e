//! The other processes that calls have cost.

/// The other processes that a subject's calls have cost so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// Processes that ended in a call.
    pub deaths: u64,
    /// Processes that were killed because a call did not return in time.
    pub hangs: u64,
    /// The deaths and hangs that are allowed so far.
    allowed: (u64, u64),
}

/// The deaths and hangs that one check may cost. A death takes milliseconds, a hang the deadline.
const ALLOWANCE: (u64, u64) = (64, 2);

impl Losses {
    /// Allows the losses of one check anew.
    pub(crate) fn renew(&mut self) {
        self.allowed = (self.deaths + ALLOWANCE.0, self.hangs + ALLOWANCE.1);
    }

    /// Whether a check has used up its losses.
    pub fn is_spent(&self) -> bool {
        self.deaths >= self.allowed.0 || self.hangs >= self.allowed.1
    }
}
