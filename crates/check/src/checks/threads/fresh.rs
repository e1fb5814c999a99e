//! Fresh processes, in which the subject has not been called.
//!
//! A worker that has loaded a library makes copies of itself. A library that has started threads
//! would miss them in a copy, so each of its processes is a new worker. Subjects of this process
//! have copies of this process.

use super::Work;
use super::steady::AROUND_BYTES;
use crcheck_platform::forked_call::{self, ForkOutcome};
use crcheck_platform::mapping::page_bytes;
use crcheck_platform::presence::{make_objects_present, make_stack_present};
use crcheck_platform::single_step::{Gate, call_while_stopped, count};
use crcheck_platform::start_line::{Lane, Timed, run_together};
use crcheck_platform::{abi_audit, signal};
use crcheck_subject::worker::Remote;
use crcheck_subject::{
    Apart, Caller, FILLS, FirstCall, FirstCalls, FirstCallsMade, Foreign, Fresh, Kind, Start, Stop,
    Subject, Until,
};
use std::time::Duration;

/// How long a process may take for a few short calls, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Makes first calls of a subject in fresh processes.
pub(super) struct FreshProcesses<'a> {
    subject: &'a dyn Subject,
    works: &'a [Work],
    until: &'a Until,
    seed: u64,
    /// The worker whose copies make the calls.
    original: Option<Remote>,
    /// Whether copies make the calls; else each process is new.
    pub(super) are_copies: bool,
}

impl<'a> FreshProcesses<'a> {
    pub(super) fn new(
        subject: &'a dyn Subject,
        works: &'a [Work],
        until: &'a Until,
        seed: u64,
    ) -> Self {
        Self {
            subject,
            works,
            until,
            seed,
            original: None,
            are_copies: true,
        }
    }

    /// Whether a process can be new: code of this process has copies only.
    pub(super) fn has_new_processes(&self) -> bool {
        self.subject.foreign().is_some()
    }

    /// Races the calls of the works that `heats` names by their index: the first `threads` of them
    /// in the first process, and so on; the others begin within `window` after the first. Nothing
    /// is made or lost when it is time to end.
    pub(super) fn race(
        &mut self,
        threads: usize,
        window: Duration,
        heats: &[usize],
    ) -> FirstCallsMade {
        self.seed = self.seed.wrapping_add(1);
        let seed = self.seed;
        self.make(threads, Start::Within { window, seed }, heats)
    }

    /// Makes the calls of the works that `heats` names, as `start` says.
    pub(super) fn make(&mut self, threads: usize, start: Start, heats: &[usize]) -> FirstCallsMade {
        let race = FirstCalls {
            threads,
            start,
            from: Fresh::Copies,
            patience: PATIENCE,
        };
        let Some(foreign) = self.subject.foreign() else {
            return self.race_in_copies_of_this_process(&race, heats);
        };
        if self.are_copies {
            match self.race_in_copies(foreign, &race, heats) {
                Ok(made) if made.has_no_copies => self.are_copies = false,
                Ok(made) => return made,
                Err(stop) => return self.lost(stop),
            }
        }
        self.race_in_new_workers(foreign, &race, heats)
    }

    fn race_in_copies(
        &mut self,
        foreign: &dyn Foreign,
        race: &FirstCalls,
        heats: &[usize],
    ) -> Result<FirstCallsMade, Stop> {
        let calls = self.calls();
        let mut original = match self.original.take() {
            Some(original) => original,
            None => self.open(foreign, &calls)?,
        };
        let made = original.first_calls(race, &calls, heats);
        if made.is_ok() {
            self.original = Some(original);
        }
        made
    }

    fn race_in_new_workers(
        &self,
        foreign: &dyn Foreign,
        race: &FirstCalls,
        heats: &[usize],
    ) -> FirstCallsMade {
        let race = FirstCalls {
            from: Fresh::ThisWorker,
            ..race.clone()
        };
        let calls = self.calls();
        let mut all = FirstCallsMade::default();
        for heat in heats.chunks(race.threads) {
            let made = self.open(foreign, &calls);
            let made = made.and_then(|mut worker| worker.first_calls(&race, &calls, heat));
            match made {
                Ok(made) => all.processes.extend(made.processes),
                Err(stop) => {
                    all.lost = self.lost(stop).lost;
                    break;
                }
            }
        }
        all
    }

    /// A process is lost for this reason, unless it was time to end.
    fn lost(&self, stop: Stop) -> FirstCallsMade {
        let is_lost = stop != Stop::not_made() && !self.until.is_now();
        FirstCallsMade {
            lost: is_lost.then_some(stop),
            ..FirstCallsMade::default()
        }
    }

    fn open(&self, foreign: &dyn Foreign, calls: &[Apart<'_>]) -> Result<Remote, Stop> {
        let bytes = calls.iter();
        let bytes = bytes.map(|call| call.message.len() + AROUND_BYTES + page_bytes());
        let mut worker = foreign.open(bytes.sum()).map_err(|error| {
            let text = format!("does not load again ({error})");
            Stop::without_place(Kind::Crash, text)
        })?;
        worker.renew(self.until);
        Ok(worker)
    }

    fn calls(&self) -> Vec<Apart<'a>> {
        let call = |work: &'a Work| Apart {
            alignment: work.case.placement.offset,
            checksum: work.checksum,
            message: &work.case.message,
            fill: FILLS[0],
        };
        self.works.iter().map(call).collect()
    }

    fn race_in_copies_of_this_process(&self, race: &FirstCalls, heats: &[usize]) -> FirstCallsMade {
        // Audited calls share a lock on what is known about the vector state. If another thread
        // held it when the copy is made, the copy would wait for that thread, which it does not
        // have.
        let _ = abi_audit::vector_state_known();
        let mut all = FirstCallsMade::default();
        for (process, heat) in heats.chunks(race.threads).enumerate() {
            match self.race_in_a_copy_of_this_process(race, process, heat) {
                Ok(made) => all.processes.push(made),
                Err(stop) => {
                    all.lost = Some(stop);
                    break;
                }
            }
        }
        all
    }

    fn race_in_a_copy_of_this_process(
        &self,
        race: &FirstCalls,
        process: usize,
        heat: &[usize],
    ) -> Result<Vec<Option<FirstCall>>, Stop> {
        let outcome = forked_call::run(race.patience, || {
            make_objects_present();
            let made = self.make_here(race, process, heat).into_iter();
            let made = made.map(|call| call.map(|of| (of.outcome, of.began_ns, of.ended_ns)));
            let made: Vec<Option<(Option<u64>, u64, u64)>> = made.collect();
            serde_json::to_vec(&made).expect("plain data is always JSON")
        });
        let outcome = outcome.unwrap_or_else(|error| panic!("cannot start a process: {error}"));
        let made: Vec<Option<(Option<u64>, u64, u64)>> = match outcome {
            ForkOutcome::Answered(text) => {
                serde_json::from_slice(&text).expect("the answer that was written above")
            }
            ForkOutcome::Late => return Err(Stop::late(race.patience)),
            ForkOutcome::Died(status) => {
                let text = format!("ends its process (wait status {status:#x})");
                return Err(Stop::without_place(Kind::Crash, text));
            }
        };
        let explain = |(result, began_ns, ended_ns): (Option<u64>, u64, u64)| FirstCall {
            outcome: result.ok_or_else(|| {
                Stop::without_place(Kind::Crash, "is stopped by a signal".to_owned())
            }),
            time_ns: began_ns..ended_ns,
        };
        Ok(made.into_iter().map(|call| call.map(explain)).collect())
    }

    /// Makes the calls in this process: a copy.
    fn make_here(
        &self,
        race: &FirstCalls,
        process: usize,
        heat: &[usize],
    ) -> Vec<Option<Timed<Option<u64>>>> {
        let run = |of: usize| {
            let work = &self.works[heat[of]];
            self.subject.update(work.checksum, &work.case.message)
        };
        match &race.start {
            Start::Within { .. } => {
                let act = |of: usize, lane: &Lane<'_>| {
                    make_stack_present();
                    let call = || {
                        lane.start();
                        run(of)
                    };
                    signal::catch(call).ok()
                };
                run_together(heat.len(), |of| race.start.delay(process, of), act)
            }
            Start::WhileStopped(at) => {
                let at = at.get(process).copied().unwrap_or(1);
                let act = |of: usize, gate: &Gate| signal::catch(|| gate.call(|| run(of))).ok();
                let (mut made, was_stopped) = call_while_stopped(at, act);
                if !was_stopped {
                    made[1] = None;
                }
                made
            }
            Start::Counted(limit) => {
                let counted = (0..heat.len()).map(|of| {
                    let (outcome, ended_ns) =
                        signal::catch(|| count(*limit, || run(of))).ok().unzip();
                    Some(Timed {
                        outcome,
                        began_ns: 0,
                        ended_ns: ended_ns.unwrap_or(0),
                    })
                });
                counted.collect()
            }
        }
    }
}
