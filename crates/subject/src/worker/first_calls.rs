//! The worker's side of requests for first calls in fresh processes.
//!
//! A worker that has loaded the library and has not called it is as fresh as a new one: what the
//! library makes in its first call is not there yet. A copy of it takes a fraction of the time that
//! a new worker takes.

use super::handler_stack::give_room_to_handlers;
use super::raced_calls::Calls;
use super::report_stop::report_stop;
use super::shared_block::{Call, SharedBlock};
use crate::c_function::Entry;
use crate::calls::{FirstCalls, Fresh, Start};
use crcheck_platform::forked_call::{self, ForkOutcome};
use crcheck_platform::message_memory::Reader;
use crcheck_platform::presence::{make_objects_present, make_present, make_stack_present};
use crcheck_platform::signal::{self, Caught};
use crcheck_platform::single_step::{Gate, call_while_stopped, count};
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

/// Makes the calls from `first` on, and writes down what they gave and when.
fn race_here(block: &SharedBlock, calls: &Calls<'_>, race: &FirstCalls, first: usize) {
    let threads = race.threads.max(1).min(block.count() - first);
    let requested: Vec<Call> = (0..threads).map(|of| block.call(first + of)).collect();
    for call in &requested {
        let start = calls.view_start + call.offset;
        make_present(start..start + call.len_bytes);
    }
    make_objects_present();
    let prepare = || {
        // Without room a runtime's own signals may overflow the stack of handlers.
        let _ = give_room_to_handlers();
        make_stack_present();
    };
    let run = |of: usize| calls.run_one(&requested[of]);
    let process = first / race.threads.max(1);
    let made = match &race.start {
        Start::Within { .. } => {
            let act = |of: usize, lane: &Lane<'_>| {
                prepare();
                signal::catch(|| {
                    lane.start();
                    run(of)
                })
            };
            run_together(threads, |of| race.start.delay(process, of), act)
        }
        Start::WhileStopped(at) => {
            let act = |of: usize, gate: &Gate| {
                prepare();
                signal::catch(|| gate.call(|| run(of)))
            };
            let at = at.get(process).copied().unwrap_or(1);
            let (mut made, was_stopped) = call_while_stopped(at, act);
            if !was_stopped {
                made[1] = None;
            }
            made
        }
        Start::Counted(limit) => (0..threads).map(|of| counted(*limit, || run(of))).collect(),
    };
    for (index, timed) in (first..).zip(made) {
        if let Some(timed) = timed {
            write_down(block, index, timed);
        }
    }
}

/// A call of this thread, with the number of its instructions as its time.
fn counted(limit: u64, run: impl Fn() -> u64) -> Option<Timed<Result<u64, Caught>>> {
    let counted = signal::catch(|| count(limit, &run));
    let ended_ns = counted
        .as_ref()
        .map_or(0, |(_, instructions)| *instructions);
    Some(Timed {
        outcome: counted.map(|(result, _)| result),
        began_ns: 0,
        ended_ns,
    })
}

fn write_down(block: &SharedBlock, index: usize, timed: Timed<Result<u64, Caught>>) {
    match timed.outcome {
        Ok(result) => block.set_result(index, result),
        Err(caught) => {
            report_stop(block, index, &caught);
        }
    }
    block.set_time(index, timed.began_ns..timed.ended_ns);
}
