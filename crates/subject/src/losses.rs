//! The other processes that calls have cost.

/// The other processes that a subject's calls have cost so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// Processes that ended in a call.
    pub deaths: u64,
    /// Processes that were killed because a call did not return in time.
    pub hangs: u64,
    /// The deaths and hangs before the check.
    before: (u64, u64),
}

/// The deaths and hangs that one check may cost. A death takes milliseconds, a hang the deadline.
const ALLOWANCE: (u64, u64) = (64, 4);

/// How many times as many end a check that goes on all the same: no further process is started.
const MOST: u64 = 8;

impl Losses {
    /// Allows the losses of one check anew.
    pub(crate) fn renew(&mut self) {
        self.before = (self.deaths, self.hangs);
    }

    /// Whether a check has used up its losses. What makes calls then makes no more of them.
    pub fn is_spent(&self) -> bool {
        self.exceed(1)
    }

    /// The deaths and hangs since the losses were allowed anew.
    pub fn of_check(&self) -> (u64, u64) {
        let (deaths, hangs) = self.before;
        (self.deaths - deaths, self.hangs - hangs)
    }

    /// Whether no further process is started.
    pub(crate) fn is_last(&self) -> bool {
        self.exceed(MOST)
    }

    fn exceed(&self, times: u64) -> bool {
        let (deaths, hangs) = self.before;
        self.deaths >= deaths + times * ALLOWANCE.0 || self.hangs >= hangs + times * ALLOWANCE.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_end_a_check_and_at_last_everything_until_they_are_allowed_anew() {
        let mut losses = Losses::default();
        assert!(!losses.is_spent());
        losses.hangs = 4;
        assert!(losses.is_spent() && !losses.is_last());
        losses.deaths = 8 * 64;
        assert!(losses.is_last());
        losses.renew();
        assert!(!losses.is_spent() && !losses.is_last());
    }
}
