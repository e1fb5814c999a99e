//! The worker's side of requests for concurrent calls.
//!
//! The results in a request are the expected ones.

use super::handler_stack::give_room_to_handlers;
use super::report_stop::report_stop;
use super::shared_block::{Call, SharedBlock, Words};
use crate::c_function::Entry;
use crate::calls::Race;
use crcheck_platform::message_memory::Reader;
use crcheck_platform::race::Track;
use crcheck_platform::signal;
use crcheck_platform::signal::Caught;
use std::thread::{self, Builder};
use std::time::{Duration, Instant};

/// The index of a call, and its outcome.
type CallOutcome = (usize, Result<u64, Caught>);

pub(super) fn answer_race(block: &SharedBlock, view: &Reader, entry: &Entry) {
    let Ok(race) = serde_json::from_str::<Race>(&block.parameter()) else {
        return block.complete(0);
    };
    let words: &Words = block;
    let calls = Calls {
        words,
        view_start: view.start() as usize,
        entry,
    };
    words.announce(0);
    let (outcomes, meetings) = race_steadily(&calls, race.threads.max(1), race.time);
    for (index, outcome) in outcomes {
        match outcome {
            Ok(got) => words.set_result(index, got),
            Err(caught) => {
                report_stop(block, index, &caught);
            }
        }
    }
    words.set_answer(&meetings.to_string());
    words.complete(words.count());
}

/// The calls that all threads share.
pub(super) struct Calls<'b> {
    pub(super) words: &'b Words,
    pub(super) view_start: usize,
    pub(super) entry: &'b Entry,
}

impl Calls<'_> {
    pub(super) fn run_one(&self, call: &Call) -> u64 {
        let start = self.view_start.wrapping_add(call.offset) as *const u8;
        // SAFETY: the parent asks for pieces of the view only, which is mapped as long as the
        // process.
        unsafe {
            self.entry
                .call(call.checksum.unwrap_or(0), start, call.len_bytes)
        }
    }
}

fn race_steadily(calls: &Calls<'_>, threads: usize, time: Duration) -> (Vec<CallOutcome>, usize) {
    let track = Track::new(threads, time);
    let run = |thread: usize| {
        let indices = (thread..calls.words.count()).step_by(threads);
        let works: Vec<(usize, Call, u64)> = indices
            .map(|index| (index, calls.words.call(index), calls.words.result(index)))
            .collect();
        track.line().cross();
        let began = Instant::now();
        let mut is_first_round = true;
        loop {
            for (index, call, expected) in &works {
                let run_one = || {
                    // The parent sees that slow calls go on. Later rounds begin only while there is
                    // time, and share no memory that could keep the threads apart.
                    if is_first_round {
                        calls.words.announce(*index);
                    }
                    calls.run_one(call)
                };
                let outcome = signal::catch(|| track.lap(*expected, run_one));
                if !matches!(&outcome, Ok(got) if got == expected) {
                    track.settle();
                    return Some((*index, outcome));
                }
                if track.is_late(began) {
                    return None;
                }
            }
            if track.is_over(began) {
                return None;
            }
            is_first_round = false;
        }
    };
    (
        run_on_threads(threads, run, || track.line().leave()),
        track.meetings(),
    )
}

/// Runs `run` on each thread, and `absent` for each thread that does not start.
fn run_on_threads(
    threads: usize,
    run: impl Fn(usize) -> Option<CallOutcome> + Sync,
    absent: impl Fn(),
) -> Vec<CallOutcome> {
    let run = &run;
    thread::scope(|scope| {
        let begun: Vec<_> = (0..threads)
            .map(|thread| {
                let body = move || {
                    // Without it a runtime's own signals may overflow the stack of handlers.
                    let _ = give_room_to_handlers();
                    run(thread)
                };
                Builder::new().spawn_scoped(scope, body)
            })
            .collect();
        begun
            .iter()
            .filter(|thread| thread.is_err())
            .for_each(|_| absent());
        let joined = begun.into_iter().flatten().map(|thread| thread.join());
        joined
            .filter_map(|outcome| outcome.ok().flatten())
            .collect()
    })
}
