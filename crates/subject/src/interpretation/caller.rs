//! Interpreted calls on guarded memory of this process.

use super::calls::Calls;
use super::stopped::{Circumstances, Halt, explain, not_known};
use super::target::{Function, Target};
use crate::account::{Account, Unmodelled};
use crate::caller::Caller;
use crate::calls::{Apart, FILLS, Origin, Step, StreamStep, Turns, TurnsResult};
use crate::kind::Kind;
use crate::losses::Losses;
use crate::stop::{NOWHERE, Stop};
use crate::until::Until;
use crate::wait::Wait;
use crcheck_machine::{Cpu, Stopped};
use crcheck_platform::abi_audit::{Audit, Paint};
use crcheck_platform::message_memory::{MessageMemory, Placement};
use crcheck_platform::repeated_memory::RepeatedMemory;
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Interprets the calls of a target, and the memory of its messages.
pub struct InterpretedCaller<'a> {
    engine: Engine<'a>,
    memory: MessageMemory,
    /// What stopped the last call of several that did not return.
    last_stop: Option<Stop>,
    calls_made: u64,
}

/// What makes the calls, apart from their memory.
struct Engine<'a> {
    calls: Calls,
    function: Box<dyn Function + 'a>,
    /// Counts instructions beyond the life of this caller.
    instructions: Option<&'a AtomicU64>,
    losses: Losses,
    /// Whether a call has not returned.
    has_hung: bool,
    wait: Wait,
    is_unsure: bool,
    until: Until,
    /// Whether a call was not made because it was time.
    is_cut: bool,
    unmodelled: Option<Unmodelled>,
}

impl<'a> InterpretedCaller<'a> {
    /// A caller of `target` on `cpu`, for messages of up to `capacity_bytes`. Nothing is stored
    /// that other callers have stored. `instructions` counts what its calls execute.
    ///
    /// # Errors
    /// If the operating system refuses the memory, or the target cannot be called.
    pub fn open(
        target: &'a dyn Target,
        cpu: &Cpu,
        capacity_bytes: usize,
        instructions: Option<&'a AtomicU64>,
    ) -> io::Result<Self> {
        let memory = MessageMemory::new(capacity_bytes)?;
        let mut calls = Calls::new(cpu.clone())?;
        let function = target.open(&mut calls)?;
        Ok(Self {
            engine: Engine {
                calls,
                function,
                instructions,
                losses: Losses::default(),
                has_hung: false,
                wait: Wait::default(),
                is_unsure: false,
                until: Until::default(),
                is_cut: false,
                unmodelled: None,
            },
            memory,
            last_stop: None,
            calls_made: 0,
        })
    }

    fn run<T>(
        &mut self,
        placed: Placed<'_>,
        body: impl FnOnce(&mut Running<'_, 'a>, &[u8]) -> Result<T, Box<Stopped>>,
    ) -> Result<T, Stop> {
        let Placed {
            placement,
            message,
            fill,
        } = placed;
        let view = self.memory.place(placement, message, fill);
        self.engine
            .run(&view.addresses(), |running| body(running, view.message()))
    }

    /// Notes what stopped one of several calls.
    fn note_last(&mut self, stop: Stop) {
        if stop != not_known() {
            self.last_stop = Some(stop);
        }
    }

    /// The instruction that ended interpretation, if the interpreter does not know it.
    pub(super) fn take_unmodelled(&mut self) -> Option<Unmodelled> {
        self.engine.unmodelled.take()
    }
}

/// Where a message lies, between bytes of one value.
#[derive(Clone, Copy)]
struct Placed<'m> {
    placement: Placement,
    message: &'m [u8],
    fill: u8,
}

/// The function, and what makes calls of it.
struct Running<'r, 'a> {
    calls: &'r mut Calls,
    function: &'r mut (dyn Function + 'a),
}

impl Running<'_, '_> {
    fn update(&mut self, checksum: u64, message: &[u8]) -> Result<u64, Box<Stopped>> {
        self.function.update(self.calls, checksum, message)
    }

    fn chain(
        &mut self,
        checksum: u64,
        message: &[u8],
        pieces: &[Range<usize>],
    ) -> Result<u64, Box<Stopped>> {
        let pieces: Vec<&[u8]> = pieces.iter().map(|piece| &message[piece.clone()]).collect();
        self.function.chain(self.calls, checksum, &pieces)
    }

    /// The result of each step. A step of a stream makes the whole stream that it ends.
    fn steps(&mut self, message: &[u8], steps: &[Step]) -> Result<Vec<u64>, Box<Stopped>> {
        let mut results = Vec::with_capacity(steps.len());
        for (index, step) in steps.iter().enumerate() {
            results.push(match step.origin {
                Origin::Step(_) if self.function.is_stream() => {
                    let (checksum, pieces) = path_to(steps, index);
                    self.chain(checksum, message, &pieces)?
                }
                Origin::Step(before) => {
                    self.update(results[before], &message[step.part.clone()])?
                }
                Origin::Checksum(checksum) => self.update(checksum, &message[step.part.clone()])?,
            });
        }
        Ok(results)
    }
}

/// The checksum that the steps up to this one begin with, and their parts.
fn path_to(steps: &[Step], mut index: usize) -> (u64, Vec<Range<usize>>) {
    let mut parts = vec![steps[index].part.clone()];
    loop {
        match steps[index].origin {
            Origin::Checksum(checksum) => {
                parts.reverse();
                return (checksum, parts);
            }
            Origin::Step(before) => {
                index = before;
                parts.push(steps[index].part.clone());
            }
        }
    }
}

impl<'a> Engine<'a> {
    /// Makes calls on a message at these addresses, and explains what stops one.
    fn run<T>(
        &mut self,
        message: &Range<usize>,
        body: impl FnOnce(&mut Running<'_, 'a>) -> Result<T, Box<Stopped>>,
    ) -> Result<T, Stop> {
        self.is_cut |= self.until.is_now();
        if self.is_cut || self.unmodelled.is_some() || self.losses.is_spent() {
            return Err(not_known());
        }
        let is_sparing = self.has_hung && self.wait != Wait::Whole;
        self.calls.set_sparing(is_sparing);
        let before = self.calls.instructions();
        let outcome = body(&mut Running {
            calls: &mut self.calls,
            function: self.function.as_mut(),
        });
        if let Some(instructions) = self.instructions {
            let done = self.calls.instructions() - before;
            instructions.fetch_add(done, Ordering::Relaxed);
        }
        outcome.map_err(|stopped| self.explain(&stopped, message))
    }

    fn explain(&mut self, stopped: &Stopped, message: &Range<usize>) -> Stop {
        let function = &self.function;
        let halt = explain(
            stopped,
            &Circumstances {
                cpu: self.calls.cpu(),
                stack: self.calls.machine_ref().stack(),
                message,
                place: &|address| function.place(address),
            },
        );
        match halt {
            Halt::Stop(mut stop) => {
                if stop.kind == Kind::Hang {
                    stop.is_provisional = self.calls.is_sparing();
                    self.is_unsure |= stop.is_provisional;
                    self.has_hung = true;
                    self.losses.hangs += 1;
                }
                stop
            }
            Halt::Unmodelled(unmodelled) => {
                self.unmodelled = Some(unmodelled);
                not_known()
            }
        }
    }
}

impl Caller for InterpretedCaller<'_> {
    fn capacity_bytes(&self) -> usize {
        self.memory.capacity_bytes()
    }

    fn calls_made(&self) -> u64 {
        self.calls_made
    }

    fn losses(&self) -> Losses {
        self.engine.losses
    }

    fn account(&self) -> Option<Account> {
        let Engine {
            calls, unmodelled, ..
        } = &self.engine;
        Some(Account {
            cpu: calls.cpu().name.clone(),
            instructions: calls.instructions(),
            extensions: calls.machine_ref().executed_extensions().clone(),
            unconfirmed: calls.unconfirmed(),
            unmodelled: unmodelled.clone(),
        })
    }

    fn last_stop(&self) -> Option<&Stop> {
        self.last_stop.as_ref()
    }

    fn renew(&mut self, until: &Until) {
        self.last_stop = None;
        self.engine.losses.renew();
        self.engine.until = until.clone();
        self.engine.is_cut = false;
    }

    fn set_wait(&mut self, wait: Wait) {
        self.engine.wait = wait;
    }

    fn take_unsure(&mut self) -> bool {
        std::mem::take(&mut self.engine.is_unsure)
    }

    fn until(&self) -> Until {
        self.engine.until.clone()
    }

    fn is_cut(&self) -> bool {
        self.engine.is_cut || self.engine.unmodelled.is_some()
    }

    fn is_spent(&self) -> bool {
        self.is_cut() || self.engine.losses.is_spent()
    }

    fn call(
        &mut self,
        placement: Placement,
        checksum: u64,
        message: &[u8],
        fill: u8,
    ) -> Result<u64, Stop> {
        self.calls_made += 1;
        let placed = Placed {
            placement,
            message,
            fill,
        };
        self.run(placed, |running, message| running.update(checksum, message))
    }

    fn chain(
        &mut self,
        placement: Placement,
        checksum: u64,
        message: &[u8],
        fill: u8,
        pieces: &[Range<usize>],
    ) -> Result<u64, Stop> {
        self.calls_made += pieces.len() as u64;
        let placed = Placed {
            placement,
            message,
            fill,
        };
        self.run(placed, |running, message| {
            running.chain(checksum, message, pieces)
        })
    }

    fn apart(&mut self, calls: &[Apart<'_>]) -> Vec<Option<u64>> {
        let one = |call: &Apart<'_>| {
            let placement = Placement::aligned(call.alignment);
            let outcome = self.call(placement, call.checksum, call.message, call.fill);
            outcome.map_err(|stop| self.note_last(stop)).ok()
        };
        calls.iter().map(one).collect()
    }

    fn calls(
        &mut self,
        placement: Placement,
        message: &[u8],
        steps: &[Step],
    ) -> Result<Vec<u64>, Stop> {
        self.calls_made += steps.len() as u64;
        let placed = Placed {
            placement,
            message,
            fill: FILLS[0],
        };
        self.run(placed, |running, message| running.steps(message, steps))
    }

    fn turns(&mut self, turns: &[Turns<'_>]) -> Vec<TurnsResult> {
        let one = |of: &Turns<'_>| {
            let results = self.calls(of.placement, of.message, &of.steps);
            results.map_err(|stop| {
                let is_made = stop != not_known();
                self.note_last(stop.clone());
                is_made.then_some(stop)
            })
        };
        turns.iter().map(one).collect()
    }

    fn operate(
        &mut self,
        placement: Placement,
        message: &[u8],
        steps: &[StreamStep],
    ) -> Result<Vec<u64>, Stop> {
        self.calls_made += steps.len() as u64;
        let placed = Placed {
            placement,
            message,
            fill: FILLS[0],
        };
        let results = self.run(placed, |Running { calls, function }, message| {
            function.operate(calls, message, steps).transpose()
        })?;
        results.ok_or_else(Stop::not_made)
    }

    fn combine(&mut self, a: u64, b: u64, len_b: u64) -> Option<Result<u64, Stop>> {
        self.calls_made += 1;
        let combine = |running: &mut Running<'_, '_>| {
            let Running { calls, function } = running;
            function.combine(calls, a, b, len_b).transpose()
        };
        self.engine.run(&NOWHERE, combine).transpose()
    }

    fn audit(
        &mut self,
        placement: Placement,
        checksum: u64,
        message: &[u8],
        paint: &Paint,
    ) -> Result<Audit, Stop> {
        self.calls_made += 1;
        let placed = Placed {
            placement,
            message,
            fill: FILLS[0],
        };
        self.run(placed, |Running { calls, function }, message| {
            function.audit(calls, checksum, message, paint)
        })
    }

    fn audits(&mut self, calls: &[Apart<'_>], paint: &Paint) -> Vec<Option<(u64, usize)>> {
        let one = |call: &Apart<'_>| {
            let placement = Placement::aligned(call.alignment);
            let audit = self.audit(placement, call.checksum, call.message, paint);
            let audit = audit.map_err(|stop| self.note_last(stop));
            let audit = audit.ok().filter(Audit::is_clean)?;
            Some((audit.value, audit.stack_bytes))
        };
        calls.iter().map(one).collect()
    }

    fn unit_messages(
        &mut self,
        alignment: usize,
        checksum: u64,
        results: &mut [u64],
        stopped: &mut dyn FnMut(usize, Stop),
    ) {
        self.calls_made += results.len() as u64;
        let len_bytes = results.len() / 8;
        let placement = Placement::aligned(alignment);
        let Self { memory, engine, .. } = self;
        drop(memory.place(placement, &vec![0; len_bytes], FILLS[0]));
        for (bit, result) in results.iter_mut().enumerate() {
            let view = memory.flip(placement, len_bytes, bit);
            let outcome = engine.run(&view.addresses(), |running| {
                running.update(checksum, view.message())
            });
            match outcome {
                Ok(got) => *result = got,
                Err(stop) => stopped(bit, stop),
            }
            drop(view);
            drop(memory.flip(placement, len_bytes, bit));
        }
    }

    /// Makes the call in this process: interpreted code is no danger to it.
    fn call_repeated(
        &mut self,
        checksum: u64,
        memory: &RepeatedMemory,
        len_bytes: usize,
        _: Duration,
    ) -> Result<u64, Stop> {
        self.calls_made += 1;
        let message = memory.message(len_bytes);
        let addresses = message.as_ptr_range();
        let addresses = addresses.start as usize..addresses.end as usize;
        self.engine
            .run(&addresses, |running| running.update(checksum, message))
    }

    fn call_null(&mut self, checksum: u64) -> Option<Result<u64, Stop>> {
        let call = |running: &mut Running<'_, '_>| {
            let Running { calls, function } = running;
            function.call_null(calls, checksum).transpose()
        };
        let outcome = self.engine.run(&NOWHERE, call).transpose()?;
        self.calls_made += 1;
        Some(outcome)
    }

    fn recall(
        &mut self,
        placement: Placement,
        checksum: u64,
        len_bytes: usize,
        bytes: &[u8],
    ) -> Result<u64, Stop> {
        self.calls_made += 1;
        let Self { memory, engine, .. } = self;
        let view = memory.replace(placement, len_bytes, bytes);
        engine.run(&view.addresses(), |running| {
            running.update(checksum, view.message())
        })
    }

    fn sweep(
        &mut self,
        placement: Placement,
        checksum: u64,
        message: &[u8],
        lengths: &[usize],
        results: &mut [u64],
        stopped: &mut dyn FnMut(usize, Stop),
    ) {
        self.calls_made += lengths.len() as u64;
        let results = &mut results[..lengths.len()];
        assert!(lengths.iter().all(|&length| length <= message.len()));
        let Self { memory, engine, .. } = self;
        let view = memory.place(placement, message, FILLS[0]);
        let start = view.addresses().start;
        for (index, (result, &length)) in results.iter_mut().zip(lengths).enumerate() {
            view.expose(length);
            let outcome = engine.run(&(start..start + length), |running| {
                running.update(checksum, view.prefix(length))
            });
            match outcome {
                Ok(got) => *result = got,
                Err(stop) => stopped(index, stop),
            }
        }
    }
}
