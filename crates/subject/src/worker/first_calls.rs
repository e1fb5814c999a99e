//! The worker's side of requests for first calls in fresh processes.
//!
//! A worker that has loaded the library and has not called it is as fresh as a new one: what the
//! library makes in its first call is not there yet. A copy of it takes a fraction of the time that
//! a new worker takes.

use super::handler_stack::give_room_to_handlers;
use super::raced_calls::Calls;
use super::report_stop::report_stop;
use super::shared_block::SharedBlock;
use crate::c_function::Entry;
use crate::calls::{FirstCalls, Fresh};
use crcheck_platform::forked_call::{self, ForkOutcome};
use crcheck_platform::message_memory::Reader;
use crcheck_platform::presence::{make_objects_present, make_present, make_stack_present};
use crcheck_platform::signal;
use crcheck_platform::start_line::{Lane, Timed, run_together};
use serde::{Deserialize, Serialize};

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Ending {
    /// All processes made their calls.
    Made,
    /// The worker has other threads, which a copy would not have, or gets no process.
    NoCopies,
    /// The calls of the process that was announced last did not return in time.
    Late,
    /// That process ended by itself: its wait status.
    Died(i32),
}

pub(super) fn answer_first_calls(
    block: &SharedBlock,
    view: &Reader,
    entry: &Entry,
    survives_copies: bool,
) {
    let Ok(race) = serde_json::from_str::<FirstCalls>(&block.parameter()) else {
        return block.complete(0);
    };
    let calls = Calls {
        words: block,
        view_start: view.start() as usize,
        entry,
    };
    let threads = race.threads.max(1);
    let ending = match race.from {
        Fresh::Copies if !survives_copies || !is_alone() => Ending::NoCopies,
        Fresh::Copies => (0..block.count())
            .step_by(threads)
            .map(|first| race_in_a_copy(block, &calls, &race, first))
            .find(|ending| *ending != Ending::Made)
            .unwrap_or(Ending::Made),
        Fresh::ThisWorker => {
            block.announce(0);
            race_here(block, &calls, &race, 0);
            Ending::Made
        }
    };
    block.set_answer(&serde_json::to_string(&ending).expect("plain data is always JSON"));
    block.complete(block.count());
}

/// Whether this process has one thread. Its copies would have no other one.
fn is_alone() -> bool {
    let threads = std::fs::read_dir("/proc/self/task");
    threads.is_ok_and(|threads| threads.count() == 1)
}

fn race_in_a_copy(
    block: &SharedBlock,
    calls: &Calls<'_>,
    race: &FirstCalls,
    first: usize,
) -> Ending {
    block.announce(first);
    let outcome = forked_call::run(race.patience, || {
        race_here(block, calls, race, first);
        vec![1]
    });
    match outcome {
        Ok(ForkOutcome::Answered(_)) => Ending::Made,
        Ok(ForkOutcome::Late) => Ending::Late,
        Ok(ForkOutcome::Died(status)) => Ending::Died(status),
        Err(_) => Ending::NoCopies,
    }
}

/// Makes the calls from `first` on, one on each thread, and writes down what they gave and when.
fn race_here(block: &SharedBlock, calls: &Calls<'_>, race: &FirstCalls, first: usize) {
    let threads = race.threads.min(block.count() - first);
    let requested: Vec<_> = (0..threads).map(|of| block.call(first + of)).collect();
    for call in &requested {
        let start = calls.view_start + call.offset;
        make_present(start..start + call.len_bytes);
    }
    make_objects_present();
    let act = |thread: usize, lane: &Lane<'_>| {
        // Without room a runtime's own signals may overflow the stack of handlers.
        let _ = give_room_to_handlers();
        make_stack_present();
        signal::catch(|| {
            lane.start();
            calls.run_one(&requested[thread])
        })
    };
    let made = run_together(threads, |thread| race.delay(first, thread), act);
    for (index, timed) in (first..).zip(made) {
        let Some(Timed {
            outcome,
            began_ns,
            ended_ns,
        }) = timed
        else {
            continue;
        };
        match outcome {
            Ok(result) => block.set_result(index, result),
            Err(caught) => {
                report_stop(block, index, &caught);
            }
        }
        block.set_time(index, began_ns..ended_ns);
    }
}
