//! Plain calls, of which one request has many. Each request makes at least one call, or shows which
//! calls need a request each, so that any number of lost workers comes to an end.

use super::request::{Allowed, RequestOutcome};
use super::{NO_ANSWER, Worker};
use crate::stop::Stop;
use crate::worker::patience::ALIGNMENTS;
use crate::worker::shared_block::{CALLS_MAX, Call, Mode};
use std::ops::Range;

impl Worker {
    /// Makes calls as [`Link::run`](crate::worker::link::Link::run) promises.
    pub(super) fn make_plain_calls(
        &mut self,
        call: &dyn Fn(usize) -> Call,
        results: &mut [u64],
        stopped: &mut dyn FnMut(usize, Stop),
    ) {
        let count = results.len();
        let mut next = 0;
        // Each call before this index has a request of its own.
        let mut alone_to = 0;
        // What ended a worker behind its last call, until one of the calls is known to do that.
        let mut unexplained: Option<(Stop, usize)> = None;
        while next < count {
            if self.spares(&call(next)) {
                stopped(next, self.account.spare());
                next += 1;
                while next < count && call(next).checksum.is_none() {
                    next += 1;
                }
                continue;
            }
            let is_alone = next < alone_to;
            let most = if is_alone { 1 } else { CALLS_MAX };
            let asked = self.calls_of_request(call, next..count, most);
            let asked = self.not_spared(call, next, asked);
            let (made, stop) = match self.ask_plainly(call, next, asked, results) {
                RequestOutcome::Answered(0) => {
                    self.running = None;
                    (0, Some(self.account.lose(NO_ANSWER)))
                }
                RequestOutcome::Answered(made) => (made, None),
                RequestOutcome::Lost(at, stop) => (at, Some(stop)),
                // One of them ruined what was needed only later. Another worker shows which.
                RequestOutcome::LostBehind(stop)
                    if asked > 1 && !is_alone && !self.account.is_spent() =>
                {
                    (alone_to, unexplained) = (next + asked, Some((stop, asked)));
                    continue;
                }
                RequestOutcome::LostBehind(stop) => (asked - 1, Some(stop)),
                RequestOutcome::Cut(at) => {
                    let taken = next..next + at;
                    self.take_results(call, next, &mut results[taken], stopped);
                    return;
                }
            };
            let taken = next..next + made;
            let mut has_result = self.take_results(call, next, &mut results[taken], stopped);
            next += made;
            if let Some(stop) = stop {
                if is_alone {
                    unexplained = None;
                }
                stopped(next, stop);
                next += 1;
                has_result = false;
            }
            // The calls that go on from one without a result have nothing to go on from.
            while !has_result && next < count && call(next).checksum.is_none() {
                next += 1;
            }
            if next >= alone_to
                && let Some((stop, calls)) = unexplained.take()
            {
                stopped(alone_to - 1, among_others(stop, calls));
            }
            if self.account.is_spent() {
                return;
            }
        }
    }

    /// Whether a call is not made, since such a call has hung.
    pub(super) fn spares(&self, call: &Call) -> bool {
        self.account
            .spares(call.len_bytes, call.offset % ALIGNMENTS)
    }

    /// How many calls from index `next` on, one at least, are made before one that is not.
    fn not_spared(&self, call: &dyn Fn(usize) -> Call, next: usize, most: usize) -> usize {
        // A stream is made as a whole, or not at all.
        let is_whole = self.assignment.interface.stream.is_some();
        if is_whole || !self.account.patience().has_hung() {
            return most;
        }
        let spared = (next + 1..next + most).find(|&index| self.spares(&call(index)));
        spared.map_or(most, |index| index - next)
    }

    /// How many of the next calls one request has: `most`, if there are as many. A stream lives as
    /// long as a request, so of streams a request has whole ones, and at least one.
    fn calls_of_request(
        &self,
        call: &dyn Fn(usize) -> Call,
        calls: Range<usize>,
        most: usize,
    ) -> usize {
        let end = calls.end.min(calls.start + most);
        if self.assignment.interface.stream.is_none() {
            return end - calls.start;
        }
        let begins = |&index: &usize| index == calls.end || call(index).checksum.is_some();
        let before = (calls.start + 1..=end).rev().find(begins);
        let behind = || (end..=calls.end).find(begins);
        before.or_else(behind).unwrap_or(calls.end) - calls.start
    }

    /// Asks for calls from index `next` on, whose calls before have these results.
    fn ask_plainly(
        &mut self,
        call: &dyn Fn(usize) -> Call,
        next: usize,
        asked: usize,
        results: &[u64],
    ) -> RequestOutcome {
        if let Err(stop) = self.ensure_running() {
            return match self.account.is_cut() {
                true => RequestOutcome::Cut(0),
                false => RequestOutcome::Lost(0, stop),
            };
        }
        let before = next.checked_sub(1).map(|before| results[before]);
        let calls = (next..next + asked).map(|index| {
            let call = call(index);
            // The first call of a request goes on from a result that is known.
            let known = before.filter(|_| index == next);
            Call {
                checksum: call.checksum.or(known),
                ..call
            }
        });
        let asked = self.block.ask(Mode::Plain, calls);
        self.request(asked, Allowed::ByLength)
    }

    /// Copies the results of the calls of a request from index `first` on, except those of calls
    /// that were stopped and of those that go on from them. Returns whether the last call has a
    /// result.
    fn take_results(
        &self,
        call: &dyn Fn(usize) -> Call,
        first: usize,
        results: &mut [u64],
        stopped: &mut dyn FnMut(usize, Stop),
    ) -> bool {
        let count = results.len();
        let stops: Vec<_> = self.block.stops().collect();
        let kept: Vec<u64> = if stops.is_empty() {
            Vec::new()
        } else {
            results.to_vec()
        };
        self.block.results(results);
        let mut has_last = true;
        for (index, signal, at) in stops.into_iter().filter(|(index, ..)| *index < count) {
            let behind = index + 1..count;
            let following = behind.take_while(|&behind| call(first + behind).checksum.is_none());
            let end = index + 1 + following.count();
            results[index..end].copy_from_slice(&kept[index..end]);
            has_last &= end < count;
            let index = first + index;
            stopped(index, self.explain_signal(&call(index), signal, at));
        }
        has_last
    }
}

/// The stop of one of several calls that none of them shows alone.
fn among_others(stop: Stop, calls: usize) -> Stop {
    let summary = format!(
        "{} behind one of {calls} calls, and not when each has a request of its own",
        stop.summary
    );
    Stop { summary, ..stop }
}
