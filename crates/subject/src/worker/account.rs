//! What calls in other processes have cost, and when they end.

use super::patience::Patience;
use crate::kind::Kind;
use crate::losses::Losses;
use crate::stop::Stop;
use crate::until::Until;
use crate::wait::Wait;
use std::time::Duration;

/// What the calls of one subject have cost in other processes, and when they end.
#[derive(Debug)]
pub(crate) struct Account {
    losses: Losses,
    patience: Patience,
    wait: Wait,
    is_unsure: bool,
    last_stop: Option<Stop>,
    until: Until,
    is_cut: bool,
}

impl Account {
    pub(crate) fn new(patience: &Patience) -> Self {
        Self {
            losses: Losses::default(),
            patience: patience.clone(),
            wait: Wait::default(),
            is_unsure: false,
            last_stop: None,
            until: Until::default(),
            is_cut: false,
        }
    }

    pub(crate) fn patience(&self) -> &Patience {
        &self.patience
    }

    /// How long calls are waited for from now on.
    pub(crate) fn set_wait(&mut self, wait: Wait) {
        self.wait = wait;
    }

    /// How long a call on `len_bytes` may take. `is_first` says that its process has answered
    /// nothing yet.
    pub(super) fn deadline(&self, len_bytes: usize, is_first: bool) -> Duration {
        self.patience.deadline(self.wait, len_bytes, is_first)
    }

    /// Whether a call at this length and alignment is not made, since such a call has hung.
    pub(super) fn spares(&self, len_bytes: usize, alignment: usize) -> bool {
        self.patience.spares(self.wait, len_bytes, alignment)
    }

    /// What stands for the result of a call that is not made, since such a call has hung.
    pub(super) fn spare(&mut self) -> Stop {
        self.is_unsure = true;
        Stop::not_made()
    }

    /// Whether a call was not made, or given up before its time limit, since somebody asked last.
    pub(crate) fn take_unsure(&mut self) -> bool {
        std::mem::take(&mut self.is_unsure)
    }

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
        self.is_cut || self.losses.is_spent() || self.patience.is_used_up()
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
            is_provisional: deadline < self.patience.limit(),
            ..late
        };
        self.is_unsure |= stop.is_provisional;
        self.patience.note_hang(self.wait, deadline);
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
        if self.patience.is_used_up() {
            self.is_cut = true;
            return Some(Stop::not_made());
        }
        let is_last = self.losses.is_last();
        is_last.then(|| self.lose("has ended its process too often to be called again"))
    }
}
