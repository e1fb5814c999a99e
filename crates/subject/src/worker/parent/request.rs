//! One request of a worker, and how it ends.

use super::{LOOK, Worker};
use crate::stop::Stop;
use crate::worker::account::Account;
use crate::worker::doorbell::{CLOSES, Woken};
use crate::worker::patience::ALIGNMENTS;
use crate::worker::process::how_it_ended;
use crate::worker::shared_block::{CALLS_MAX, Phase, Words};
use std::process::ExitStatus;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How long a worker may take to end after its socket is closed.
const ENDING: Duration = Duration::from_secs(1);

/// How a request ended.
pub(super) enum RequestOutcome {
    /// The worker has made this number of calls, those included that were stopped.
    Answered(usize),
    /// The worker is gone since this call.
    Lost(usize, Stop),
    /// The worker is gone since the last call ended.
    LostBehind(Stop),
    /// It was time to end at this call. The worker is killed.
    Cut(usize),
}

/// How long each call of a request may take.
#[derive(Clone, Copy, Debug)]
pub(super) enum Allowed {
    /// What the account allows for its length.
    ByLength,
    /// As much for the longest of calls that run at once, and this time.
    And(Duration),
    /// This time, or a part of it once a call has hung.
    AtMost(Duration),
}

/// The part is this share, but not less than the time limit of a call.
const SHARE: u32 = 4;

impl Allowed {
    /// How long the call of this index may take, of `asked` calls.
    fn deadline(self, account: &Account, words: &Words, at: usize, request: Request) -> Duration {
        let Request { asked, is_first } = request;
        let len_bytes = |index| words.call(index).len_bytes;
        match self {
            Self::ByLength => account.deadline(len_bytes(at), is_first),
            Self::And(more) => {
                let longest = (0..asked).map(len_bytes).max().unwrap_or(0);
                account.deadline(longest, is_first) + more
            }
            Self::AtMost(time) if account.patience().has_hung() => {
                time.min(account.patience().limit().max(time / SHARE))
            }
            Self::AtMost(time) => time,
        }
    }
}

#[derive(Clone, Copy)]
struct Request {
    /// The number of calls.
    asked: usize,
    /// Whether the worker has answered nothing yet.
    is_first: bool,
}

impl Worker {
    /// Lets the worker make the calls of the request in the block.
    pub(super) fn request(&mut self, asked: usize, allowed: Allowed) -> RequestOutcome {
        let is_first = self.running.as_ref().is_some_and(|running| running.is_new);
        let began = Instant::now();
        let outcome = self.await_answer(Request { asked, is_first }, allowed);
        if let (Some(running), RequestOutcome::Answered(_)) = (&mut self.running, &outcome) {
            running.is_new = false;
            let lengths = (0..asked).map(|index| self.block.call(index).len_bytes);
            // The others repeat their calls, or their messages.
            if matches!(allowed, Allowed::ByLength) {
                let patience = self.account.patience();
                patience.note_answered(asked, lengths.sum(), began.elapsed(), is_first);
            }
        }
        outcome
    }

    fn await_answer(&mut self, asking: Request, allowed: Allowed) -> RequestOutcome {
        let asked = asking.asked;
        let Some(running) = &mut self.running else {
            return RequestOutcome::Answered(0);
        };
        let block = &self.block;
        running.request = running.request.wrapping_add(1);
        let request = running.request;
        block.requested.store(request, Ordering::SeqCst);
        let mut is_closed = running.bell.ring(&block.worker_sleeps).is_err();
        let (mut current, mut since) = (None, Instant::now());
        let mut deadline = allowed.deadline(&self.account, block, 0, asking);
        loop {
            if !is_closed {
                match running.bell.wait(
                    &block.answered,
                    request,
                    &block.parent_sleeps,
                    Some(LOOK.min(deadline)),
                ) {
                    Woken::Ready if running.bell.is_open() => return self.take_answer(asked),
                    Woken::Ready => is_closed = true,
                    Woken::Late => {}
                    Woken::Closed => is_closed = true,
                }
            }
            let at = block.current().min(asked - 1);
            let ended = if is_closed {
                running.process.ends_within(ENDING)
            } else {
                running.process.exit_status()
            };
            let stop = if let Some(status) = ended {
                let how = self.how_it_ended(status);
                self.account.lose(how)
            } else if is_closed {
                self.account.lose(CLOSES)
            } else if self.account.cuts() {
                self.running = None;
                return RequestOutcome::Cut(at);
            } else if current.is_none_or(|current| at > current) {
                // Only progress gives more time.
                (current, since) = (Some(at), Instant::now());
                deadline = allowed.deadline(&self.account, block, at, asking);
                continue;
            } else if since.elapsed() >= deadline {
                let call = block.call(at);
                if matches!(allowed, Allowed::ByLength) {
                    let alignment = call.offset % ALIGNMENTS;
                    self.account.patience().note_cell(call.len_bytes, alignment);
                }
                self.account.lose_late("", deadline)
            } else {
                continue;
            };
            self.running = None;
            return if self.block.completed() >= asked {
                RequestOutcome::LostBehind(stop)
            } else {
                RequestOutcome::Lost(at, stop)
            };
        }
    }

    /// The outcome of a request of `asked` calls that the worker has answered.
    fn take_answer(&mut self, asked: usize) -> RequestOutcome {
        self.blindness = self.blindness.and(self.block.blindness());
        let made = self.block.completed().min(asked);
        if let Some((index, signal, at)) = self.block.stops().next() {
            if !self.assignment.survives_faults {
                self.account.lose("is stopped by a signal");
                self.running = None;
            }
            let call = self.block.call(index.min(CALLS_MAX - 1));
            let stop = self.explain_signal(&call, signal, at);
            self.account.note(&stop);
        }
        RequestOutcome::Answered(made)
    }

    /// How the worker ended: in its own words, if it has left any.
    fn how_it_ended(&mut self, status: ExitStatus) -> String {
        if let (Phase::Failed, text) = self.block.phase() {
            return text;
        }
        let running = self.running.as_mut();
        let last_words = running.and_then(|running| running.process.last_words());
        how_it_ended(status, last_words)
    }
}
