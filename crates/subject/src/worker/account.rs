//! What calls in other processes have cost, and when they end.

use crate::kind::Kind;
use crate::losses::Losses;
use crate::stop::Stop;
use crate::until::Until;
use std::time::Duration;

/// What the calls of one subject have cost in other processes, and when they end.
#[derive(Debug, Default)]
pub(crate) struct Account {
    losses: Losses,
    last_stop: Option<Stop>,
    until: Until,
    is_cut: bool,
}

impl Account {
    /// Allows the losses of one check anew. Calls end at `until`.
    pub(crate) fn renew(&mut self, until: &Until) {
        self.losses.renew();
        self.last_stop = None;
        self.until = until.clone();
        self.is_cut = false;
    }

    pub(crate) fn losses(&self) -> Losses {
        self.losses
    }

    /// What stopped the last call that did not return since the losses were allowed anew.
    pub(crate) fn last_stop(&self) -> Option<&Stop> {
        self.last_stop.as_ref()
    }

    pub(crate) fn until(&self) -> Until {
        self.until.clone()
    }

    /// Whether a call was ended, or not made, because it was time.
    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Whether calls are at an end: the losses are used up, or it is time.
    pub(crate) fn is_spent(&self) -> bool {
        self.is_cut || self.losses.is_spent()
    }

    /// Whether it is time; if so, the account remembers that a call was cut.
    pub(crate) fn cuts(&mut self) -> bool {
        self.is_cut |= self.until.is_now();
        self.is_cut
    }

    /// Notes that a process has ended, or is of no more use. `how` is the rest of a sentence that
    /// begins with the subject's name.
    pub(super) fn lose(&mut self, how: impl Into<String>) -> Stop {
        self.losses.deaths += 1;
        let stop = Stop::without_place(Kind::Crash, how.into());
        self.note(&stop);
        stop
    }

    /// Notes that a process was killed because a call did not return within `deadline`. `before` is
    /// the beginning of the sentence.
    pub(super) fn lose_late(&mut self, before: &str, deadline: Duration) -> Stop {
        self.losses.hangs += 1;
        let late = Stop::late(deadline);
        let stop = Stop {
            summary: format!("{before}{}", late.summary),
            ..late
        };
        self.note(&stop);
        stop
    }

    /// Notes what stopped a call.
    pub(super) fn note(&mut self, stop: &Stop) {
        self.last_stop = Some(stop.clone());
    }

    /// The reason why no further process is started, if there is one.
    pub(super) fn refusal(&mut self) -> Option<Stop> {
        if self.cuts() {
            return Some(Stop::not_made());
        }
        let is_last = self.losses.is_last();
        is_last.then(|| self.lose("has ended its process too often to be called again"))
    }
}
