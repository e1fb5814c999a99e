//! Makes the calls of a foreign subject in a worker, or by a program.

mod turns;

use super::link::{Link, WorkerLink};
use super::shared_block::{CALLS_MAX, Call};
use super::stream_calls::call_of;
use super::unit_field::UnitField;
use crate::blindness::Blindness;
use crate::caller::Caller;
use crate::calls::{
    Apart, FILLS, FirstCalls, FirstCallsMade, Origin, Race, Raced, Step, StreamStep, Turns,
    TurnsResult,
};
use crate::losses::Losses;
use crate::stop::Stop;
use crate::until::Until;
use crate::wait::Wait;
use crcheck_platform::abi_audit::{Audit, Paint};
use crcheck_platform::message_memory::Placement;
use crcheck_platform::repeated_memory::RepeatedMemory;
use std::fmt;
use std::ops::Range;
use std::time::Duration;

/// Makes the calls of a foreign subject in another process.
pub struct Remote {
    link: Box<dyn Link>,
    /// What is exclusive-ored with a checksum to make what the code takes and returns, and back.
    xor: u64,
    calls_made: u64,
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote")
            .field("account", self.link.account())
            .field("xor", &self.xor)
            .finish_non_exhaustive()
    }
}

impl Remote {
    /// Makes calls by `link`. `xor` turns what the code takes and returns into checksums.
    pub(crate) fn new(link: impl Link + 'static, xor: u64) -> Self {
        Self {
            link: Box::new(link),
            xor,
            calls_made: 0,
        }
    }

    /// Makes calls as [`Link::run`] does, but with checksums.
    fn run(
        &mut self,
        call: &dyn Fn(usize) -> Call,
        results: &mut [u64],
        stopped: &mut dyn FnMut(usize, Stop),
    ) {
        self.calls_made += results.len() as u64;
        let xor = self.xor;
        if xor == 0 {
            return self.link.run(call, results, stopped);
        }
        let call = |index| {
            let call = call(index);
            Call {
                checksum: call.checksum.map(|checksum| checksum ^ xor),
                ..call
            }
        };
        results.iter_mut().for_each(|result| *result ^= xor);
        self.link.run(&call, results, stopped);
        results.iter_mut().for_each(|result| *result ^= xor);
    }

    /// Makes calls, and returns the result of the last one, or what stopped the first one that was
    /// stopped.
    fn run_to_last(&mut self, count: usize, call: &dyn Fn(usize) -> Call) -> Result<u64, Stop> {
        let mut results = vec![0; count];
        let mut first = None;
        self.run(call, &mut results, &mut |_, stop| {
            first.get_or_insert(stop);
        });
        if self.is_cut() {
            first.get_or_insert(Stop::not_made());
        }
        first.map_or_else(|| Ok(results.last().copied().unwrap_or(0)), Err)
    }

    fn worker(&mut self) -> &mut dyn WorkerLink {
        let worker = self.link.worker();
        worker.expect("programs are exempt from the checks that ask for a worker")
    }

    /// Makes concurrent calls by several threads, each on a message of its own, and compares them
    /// with the expected checksums.
    ///
    /// # Errors
    /// What ended the process.
    ///
    /// # Panics
    /// If there is no room for all the messages, or the subject is a program.
    pub fn race(
        &mut self,
        race: Race,
        calls: &[Apart<'_>],
        expected: &[u64],
    ) -> Result<Raced, Stop> {
        self.calls_made += calls.len() as u64;
        let xor = self.xor;
        let offsets = self.place_apart(calls);
        assert_eq!(offsets.len(), calls.len(), "there is room for all messages");
        let placed = placed_calls(&offsets, calls, xor);
        let mut results: Vec<u64> = expected.iter().map(|result| result ^ xor).collect();
        let (stops, meetings) = self.worker().race(race, &placed, &mut results)?;
        let is_stopped = |index: usize| stops.iter().any(|(stopped, _)| *stopped == index);
        let results = results.iter().map(|result| result ^ xor).zip(expected);
        let wrong = results
            .enumerate()
            .filter(|(_, (got, expected))| got != *expected);
        let wrong = wrong.map(|(index, (got, _))| (index, got));
        Ok(Raced {
            wrong: wrong.filter(|(index, _)| !is_stopped(*index)).collect(),
            stops,
            meetings,
        })
    }

    /// Races first calls in fresh processes. `heats` names the call of each thread of each process
    /// by its index, the threads of the first process first: some thousands at most.
    /// No process has called the subject before if this worker has not.
    ///
    /// # Errors
    /// What ended the worker.
    ///
    /// # Panics
    /// If there is no room for all the messages, or the subject is a program.
    pub fn first_calls(
        &mut self,
        race: &FirstCalls,
        calls: &[Apart<'_>],
        heats: &[usize],
    ) -> Result<FirstCallsMade, Stop> {
        let xor = self.xor;
        let offsets = self.place_apart(calls);
        assert_eq!(offsets.len(), calls.len(), "there is room for all messages");
        let placed = placed_calls(&offsets, calls, xor);
        let heats: Vec<Call> = heats.iter().map(|&index| placed[index]).collect();
        let mut made = self.worker().first_calls(race, &heats)?;
        for call in made.processes.iter_mut().flatten().flatten() {
            if let Ok(result) = &mut call.outcome {
                *result ^= xor;
            }
        }
        Ok(made)
    }

    /// Places the messages of the first calls: all that there is room for, and at least one.
    fn place_apart(&mut self, calls: &[Apart<'_>]) -> Vec<usize> {
        self.place_each(&mut calls.iter().map(|call| {
            let placement = Placement::aligned(call.alignment);
            (placement, call.message, call.fill)
        }))
    }

    /// Places the first messages behind each other: all that there is room for, and at least one.
    fn place_each(
        &mut self,
        messages: &mut dyn Iterator<Item = (Placement, &[u8], u8)>,
    ) -> Vec<usize> {
        let (mut offsets, mut end) = (Vec::new(), 0);
        for (placement, message, fill) in messages {
            let placed = match self.link.worker() {
                Some(worker) => worker.place_behind(end, placement, message, fill),
                None => None,
            };
            match placed {
                Some((offset, behind)) => {
                    offsets.push(offset);
                    end = behind;
                }
                None if offsets.is_empty() => {
                    return vec![self.link.place(placement, message, fill)];
                }
                None => break,
            }
        }
        offsets
    }

    /// Calls the subject on the unit messages as windows over one field of zeros.
    fn units_in_field(
        &mut self,
        field: UnitField,
        alignment: usize,
        checksum: u64,
        results: &mut [u64],
        stopped: &mut dyn FnMut(usize, Stop),
    ) {
        let len_bytes = results.len() / 8;
        for pass in field.passes() {
            let mut marks = field.marks(pass.clone());
            self.worker().lay_out(field.end(), &mut marks);
            // In the order of the bits, so that a byte's results lie `pass.len()` apart.
            let unit = |call: usize| (call % len_bytes) * 8 + pass.start + call / len_bytes;
            let calls = pass.len() * len_bytes;
            let mut some: Vec<u64> = (0..calls).map(|call| results[unit(call)]).collect();
            let window =
                |call: usize| field.window(call / len_bytes, alignment, call % len_bytes, checksum);
            self.run(&window, &mut some, &mut |call, stop| {
                stopped(unit(call), stop);
            });
            for (call, result) in some.into_iter().enumerate() {
                results[unit(call)] = result;
            }
        }
    }
}

impl Caller for Remote {
    fn combine(&mut self, a: u64, b: u64, len_b: u64) -> Option<Result<u64, Stop>> {
        let xor = self.xor;
        let outcome = self.link.worker()?.combine(a ^ xor, b ^ xor, len_b)?;
        self.calls_made += 1;
        Some(outcome.map(|result| result ^ xor))
    }

    fn capacity_bytes(&self) -> usize {
        self.link.capacity_bytes()
    }

    fn calls_made(&self) -> u64 {
        self.calls_made
    }

    fn losses(&self) -> Losses {
        self.link.account().losses()
    }

    fn last_stop(&self) -> Option<&Stop> {
        self.link.account().last_stop()
    }

    fn renew(&mut self, until: &Until) {
        self.link.account_mut().renew(until);
    }

    fn set_wait(&mut self, wait: Wait) {
        self.link.account_mut().set_wait(wait);
    }

    fn take_unsure(&mut self) -> bool {
        self.link.account_mut().take_unsure()
    }

    fn can_confirm_hang(&mut self) -> bool {
        self.link.account().patience().can_confirm()
    }

    fn until(&self) -> Until {
        self.link.account().until()
    }

    fn is_cut(&self) -> bool {
        self.link.account().is_cut()
    }

    fn take_blindness(&mut self) -> Blindness {
        self.link.take_blindness()
    }

    fn is_spent(&self) -> bool {
        self.link.account().is_spent()
    }

    fn chain(
        &mut self,
        placement: Placement,
        checksum: u64,
        message: &[u8],
        fill: u8,
        pieces: &[Range<usize>],
    ) -> Result<u64, Stop> {
        let start = self.link.place(placement, message, fill);
        let call = |index: usize| Call {
            offset: start + pieces[index].start,
            len_bytes: pieces[index].len(),
            checksum: (index == 0).then_some(checksum),
        };
        self.run_to_last(pieces.len(), &call)
    }

    fn apart(&mut self, calls: &[Apart<'_>]) -> Vec<Option<u64>> {
        let mut results = Vec::with_capacity(calls.len());
        while results.len() < calls.len() && !self.is_spent() {
            let calls = &calls[results.len()..];
            let offsets = self.place_apart(calls);
            let (mut values, mut returned) = (vec![0; offsets.len()], vec![true; offsets.len()]);
            let call = |index: usize| Call {
                offset: offsets[index],
                len_bytes: calls[index].message.len(),
                checksum: Some(calls[index].checksum),
            };
            self.run(&call, &mut values, &mut |index, _| returned[index] = false);
            if self.is_spent() {
                break;
            }
            let of_these = values.into_iter().zip(returned);
            results.extend(of_these.map(|(value, returned)| returned.then_some(value)));
        }
        results.resize(calls.len(), None);
        results
    }

    fn calls(
        &mut self,
        placement: Placement,
        message: &[u8],
        steps: &[Step],
    ) -> Result<Vec<u64>, Stop> {
        let start = self.link.place(placement, message, FILLS[0]);
        let mut results = Vec::with_capacity(steps.len());
        for step in steps {
            let checksum = match step.origin {
                Origin::Checksum(checksum) => checksum,
                Origin::Step(index) => results[index],
            };
            let call = Call {
                offset: start + step.part.start,
                len_bytes: step.part.len(),
                checksum: Some(checksum),
            };
            results.push(self.run_to_last(1, &|_| call)?);
        }
        Ok(results)
    }

    fn turns(&mut self, turns: &[Turns<'_>]) -> Vec<TurnsResult> {
        let mut results = Vec::with_capacity(turns.len());
        while results.len() < turns.len() && !self.is_spent() {
            let left = &turns[results.len()..];
            let mut calls = 0;
            let fitting = left.iter().take_while(|turns| {
                calls += turns.steps.len();
                calls <= CALLS_MAX
            });
            let some = &left[..fitting.count().max(1)];
            let mut messages = some.iter().map(|of| (of.placement, of.message, FILLS[0]));
            let offsets = self.place_each(&mut messages);
            results.extend(self.run_turns(&some[..offsets.len()], &offsets));
        }
        results.resize(turns.len(), Err(None));
        results
    }

    fn operate(
        &mut self,
        placement: Placement,
        message: &[u8],
        steps: &[StreamStep],
    ) -> Result<Vec<u64>, Stop> {
        let start = self.link.place(placement, message, FILLS[0]);
        let operations: Vec<Call> = steps.iter().map(|step| call_of(step, start)).collect();
        let mut results = vec![0; operations.len()];
        if !operations.is_empty() {
            self.worker().operate(&operations, &mut results)?;
        }
        Ok(results)
    }

    fn audit(
        &mut self,
        placement: Placement,
        checksum: u64,
        message: &[u8],
        paint: &Paint,
    ) -> Result<Audit, Stop> {
        self.calls_made += 1;
        let xor = self.xor;
        let call = Call {
            offset: self.link.place(placement, message, FILLS[0]),
            len_bytes: message.len(),
            checksum: Some(checksum ^ xor),
        };
        let mut audit = self.worker().audit(&call, paint)?;
        audit.value ^= xor;
        Ok(audit)
    }

    fn audits(&mut self, calls: &[Apart<'_>], paint: &Paint) -> Vec<Option<(u64, usize)>> {
        let xor = self.xor;
        let mut audits = Vec::with_capacity(calls.len());
        while audits.len() < calls.len() && !self.is_spent() {
            let calls = &calls[audits.len()..];
            let offsets = self.place_apart(&calls[..calls.len().min(CALLS_MAX)]);
            let placed = placed_calls(&offsets, calls, xor);
            self.calls_made += placed.len() as u64;
            let some = self.worker().audits(&placed, paint).into_iter();
            audits.extend(some.map(|audit| audit.map(|(value, stack)| (value ^ xor, stack))));
        }
        audits.resize(calls.len(), None);
        audits
    }

    fn unit_messages(
        &mut self,
        alignment: usize,
        checksum: u64,
        results: &mut [u64],
        stopped: &mut dyn FnMut(usize, Stop),
    ) {
        let len_bytes = results.len() / 8;
        if self.link.worker().is_some()
            && let Some(field) = UnitField::new(len_bytes, self.capacity_bytes())
        {
            return self.units_in_field(field, alignment, checksum, results, stopped);
        }
        let placement = Placement::aligned(alignment);
        let mut message = vec![0; len_bytes];
        for (bit, result) in results.iter_mut().enumerate() {
            if self.is_spent() {
                return;
            }
            message[bit / 8] = 1 << (bit % 8);
            let call = Call {
                offset: self.link.place(placement, &message, FILLS[0]),
                len_bytes,
                checksum: Some(checksum),
            };
            let result = std::slice::from_mut(result);
            self.run(&|_| call, result, &mut |_, stop| stopped(bit, stop));
            message[bit / 8] = 0;
        }
    }

    fn call_repeated(
        &mut self,
        checksum: u64,
        memory: &RepeatedMemory,
        len_bytes: usize,
        patience: Duration,
    ) -> Result<u64, Stop> {
        self.calls_made += 1;
        let xor = self.xor;
        let placement = Placement::aligned(0);
        let offset = self.link.place(placement, memory.tile(), FILLS[0]);
        let worker = self.worker();
        let result = worker.call_repeated(checksum ^ xor, offset, len_bytes, patience)?;
        Ok(result ^ xor)
    }

    fn call_null(&mut self, checksum: u64) -> Option<Result<u64, Stop>> {
        if !self.link.worker()?.takes_null() {
            return None;
        }
        Some(self.run_to_last(1, &|_| Call::at_null(checksum)))
    }

    fn recall(
        &mut self,
        placement: Placement,
        checksum: u64,
        len_bytes: usize,
        bytes: &[u8],
    ) -> Result<u64, Stop> {
        let call = Call {
            offset: self.link.replace(placement, len_bytes, bytes),
            len_bytes,
            checksum: Some(checksum),
        };
        self.run_to_last(1, &|_| call)
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
        let results = &mut results[..lengths.len()];
        assert!(lengths.iter().all(|&length| length <= message.len()));
        let offset = self.link.place(placement, message, FILLS[0]);
        let call = |index: usize| Call {
            offset,
            len_bytes: lengths[index],
            checksum: Some(checksum),
        };
        self.run(&call, results, stopped);
    }
}

/// The calls of the first messages, which lie at these offsets.
fn placed_calls(offsets: &[usize], calls: &[Apart<'_>], xor: u64) -> Vec<Call> {
    let placed = offsets.iter().zip(calls);
    placed
        .map(|(&offset, call)| Call {
            offset,
            len_bytes: call.message.len(),
            checksum: Some(call.checksum ^ xor),
        })
        .collect()
}
