//! Calls in another process: of a library, by a worker of ours; of a program, through its pipes.
//!
//! A worker is this program under a hidden subcommand. It shares two memory files with its parent: the
//! [messages](crate::memory), which it can only read, and a block of requests and answers. Before each
//! call it writes down which one it is, so whatever ends it, or keeps it, is known by the case that it
//! came at. Another worker then goes on behind that.

mod bell;
mod block;
mod child;
mod parent;
mod pipes;
mod process;
mod raced;
mod sandbox;
mod single;
mod units;

pub use child::{Assignment, Inherited, become_program, serve};
pub use sandbox::enter as enter_sandbox;

use block::CALLS_MAX;
pub(crate) use block::Call;
pub(crate) use parent::Worker;
pub(crate) use pipes::{Pipes, ProgramCommand};
pub(crate) use raced::Race;
use units::Field;

use crate::audit::{Audit, Paint};
use crate::memory::Placement;
use crate::probe::{FILLS, From, Step, Stop};
use std::ffi::OsString;
use std::io;
use std::process::Command;
use std::time::Duration;

/// How long a call may take unless told otherwise.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// How to start a worker.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The program and its first arguments, up to and with the hidden subcommand.
    pub words: Vec<OsString>,
    /// How long a call may take.
    pub deadline: Duration,
}

impl Launch {
    /// This program, started again with the hidden subcommand `worker`: by the emulator that runs it,
    /// if `CRCHECK_RUNNER` names one, since a program that is started otherwise leaves the emulator.
    ///
    /// # Errors
    /// If the operating system does not say where this program is.
    pub fn this_program(deadline: Duration) -> io::Result<Self> {
        let runner = std::env::var_os("CRCHECK_RUNNER").filter(|runner| !runner.is_empty());
        let program = std::env::current_exe()?.into_os_string();
        let words = runner.into_iter().chain([program, "worker".into()]);
        Ok(Self {
            words: words.collect(),
            deadline,
        })
    }

    /// What a worker gives up here: one is asked, and says so on stdout.
    pub(crate) fn sandbox(&self) -> String {
        let output = self.command().arg("--sandbox").output();
        let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
        // A program is not run at all where its worker cannot be.
        text.unwrap_or_default()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]);
        command
    }
}

/// Why a process does not take calls.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// The loader refuses the library.
    #[error("{0}")]
    Loader(String),
    /// The process ends, or takes too long.
    #[error("{0}")]
    Process(String),
}

/// What the other process has cost so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// Processes that ended in a call.
    pub deaths: u64,
    /// Processes that were killed because a call did not return in time.
    pub hangs: u64,
    /// As many of either were allowed so far.
    allowed: (u64, u64),
}

/// Deaths and hangs that one check may cost. A death costs milliseconds, a hang the deadline.
const ALLOWANCE: (u64, u64) = (64, 2);

impl Losses {
    fn renew(&mut self) {
        self.allowed = (self.deaths + ALLOWANCE.0, self.hangs + ALLOWANCE.1);
    }

    /// Whether it is enough.
    pub(crate) fn is_spent(&self) -> bool {
        self.deaths >= self.allowed.0 || self.hangs >= self.allowed.1
    }
}

/// A call on a message of its own, with slack on both sides.
#[derive(Clone, Copy, Debug)]
pub struct Apart<'m> {
    /// The start modulo 64.
    pub alignment: usize,
    /// The checksum before it.
    pub checksum: u64,
    /// The message.
    pub message: &'m [u8],
    /// What lies around it.
    pub fill: u8,
}

/// Calls in turn on parts of a message of its own.
#[derive(Clone, Debug)]
pub struct Turns<'m> {
    /// Where the message lies.
    pub placement: Placement,
    /// The message.
    pub message: &'m [u8],
    /// The calls. Each goes on from a checksum, or from a step before it.
    pub steps: Vec<Step>,
}

impl Turns<'_> {
    /// The calls that can be made now that those before have given `done`, for a message that lies at
    /// `offset`: until one that waits for another of them which is not right before it.
    fn next(&self, done: &[u64], offset: usize) -> Vec<Call> {
        let mut calls = Vec::new();
        for (index, step) in self.steps.iter().enumerate().skip(done.len()) {
            let checksum = match step.from {
                From::Checksum(checksum) => Some(checksum),
                From::Step(before) if before < done.len() => Some(done[before]),
                From::Step(before) if before + 1 == index => None,
                From::Step(_) => break,
            };
            calls.push(Call {
                offset: offset + step.part.start,
                len_bytes: step.part.len(),
                checksum,
            });
        }
        calls
    }
}

/// What a race has come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Raced {
    /// Calls that gave something else, with that.
    pub(crate) wrong: Vec<(usize, u64)>,
    /// Calls that did not return.
    pub(crate) stops: Vec<(usize, Stop)>,
    /// How often the threads have met.
    pub(crate) meetings: usize,
}

/// Where the calls of a foreign subject are made.
#[derive(Debug)]
pub struct Elsewhere {
    way: Way,
    /// From checksums to what the code takes and gives, and back.
    xor: u64,
}

#[derive(Debug)]
enum Way {
    Worker(Worker),
    Pipes(Pipes),
}

impl std::convert::From<Worker> for Elsewhere {
    fn from(worker: Worker) -> Self {
        Self {
            way: Way::Worker(worker),
            xor: 0,
        }
    }
}

impl std::convert::From<Pipes> for Elsewhere {
    fn from(pipes: Pipes) -> Self {
        Self {
            way: Way::Pipes(pipes),
            xor: 0,
        }
    }
}

impl Elsewhere {
    /// For code that takes and gives registers: `xor` is what makes a checksum of one.
    pub(crate) fn with_xor(self, xor: u64) -> Self {
        Self { xor, ..self }
    }

    pub(crate) fn capacity_bytes(&self) -> usize {
        match &self.way {
            Way::Worker(worker) => worker.capacity_bytes(),
            Way::Pipes(pipes) => pipes.capacity_bytes(),
        }
    }

    /// Puts a message where the subject sees it; the offset of its first byte, for [`Call`].
    pub(crate) fn place(&mut self, placement: Placement, message: &[u8], fill: u8) -> usize {
        match &mut self.way {
            Way::Worker(worker) => worker.messages().place(placement, message, fill),
            Way::Pipes(pipes) => pipes.place(message),
        }
    }

    /// Writes over the first bytes of a message of `len_bytes` that was placed.
    pub(crate) fn replace(
        &mut self,
        placement: Placement,
        len_bytes: usize,
        bytes: &[u8],
    ) -> usize {
        match &mut self.way {
            Way::Worker(worker) => worker.messages().replace(placement, len_bytes, bytes),
            Way::Pipes(pipes) => pipes.replace(bytes),
        }
    }

    /// Makes `results.len()` calls. Those that do not return are handed to `stopped` with their index,
    /// and their results are left as they were, as are those of calls that were to go on from them, and
    /// of all that are left when the losses are enough.
    pub(crate) fn run(
        &mut self,
        call: impl Fn(usize) -> Call,
        results: &mut [u64],
        stopped: impl FnMut(usize, Stop),
    ) {
        let xor = self.xor;
        let call = |index| {
            let call = call(index);
            Call {
                checksum: call.checksum.map(|checksum| checksum ^ xor),
                ..call
            }
        };
        if xor != 0 {
            results.iter_mut().for_each(|result| *result ^= xor);
        }
        match &mut self.way {
            Way::Worker(worker) => worker.run(call, results, stopped),
            Way::Pipes(pipes) => pipes.run(call, results, stopped),
        }
        if xor != 0 {
            results.iter_mut().for_each(|result| *result ^= xor);
        }
    }

    /// Makes each call on a message of its own, many of them in one request; `None` is one that did not
    /// return, or was not made since the losses are enough.
    pub(crate) fn apart(&mut self, calls: &[Apart<'_>]) -> Vec<Option<u64>> {
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
            self.run(call, &mut values, |index, _| returned[index] = false);
            if self.is_spent() {
                break;
            }
            let of_these = values.into_iter().zip(returned);
            results.extend(of_these.map(|(value, returned)| returned.then_some(value)));
        }
        results.resize(calls.len(), None);
        results
    }

    /// Has several threads make calls at once, each on a message of its own, and compares with what is
    /// expected.
    ///
    /// # Errors
    /// What took the process with it.
    ///
    /// # Panics
    /// If there is no room for all the messages.
    pub(crate) fn raced(
        &mut self,
        race: Race,
        calls: &[Apart<'_>],
        expected: &[u64],
    ) -> Result<Raced, Stop> {
        let xor = self.xor;
        let offsets = self.place_apart(calls);
        assert_eq!(offsets.len(), calls.len(), "there is room for all messages");
        let Way::Worker(worker) = &mut self.way else {
            panic!("programs are exempt from `threads`");
        };
        let placed = placed(&offsets, calls, xor);
        let mut results: Vec<u64> = expected.iter().map(|result| result ^ xor).collect();
        let (stops, meetings) = worker.raced(race, &placed, &mut results)?;
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

    /// Makes the calls of each, on a message of its own, in as few requests as will do; `Err(None)` is of
    /// those that were not made since the losses are enough. Those of the same placements and lengths have
    /// the same addresses every time.
    pub(crate) fn turns(&mut self, turns: &[Turns<'_>]) -> Vec<Result<Vec<u64>, Option<Stop>>> {
        let mut results = Vec::with_capacity(turns.len());
        while results.len() < turns.len() && !self.is_spent() {
            let left = &turns[results.len()..];
            let mut calls = 0;
            let fitting = left.iter().take_while(|turns| {
                calls += turns.steps.len();
                calls <= CALLS_MAX
            });
            let some = &left[..fitting.count().max(1)];
            let messages = some.iter().map(|of| (of.placement, of.message, FILLS[0]));
            let offsets = self.place_each(messages);
            results.extend(self.placed_turns(&some[..offsets.len()], &offsets));
        }
        results.resize(turns.len(), Err(None));
        results
    }

    /// The calls of messages that lie at these offsets: one request for all that do not wait for each other.
    fn placed_turns(
        &mut self,
        turns: &[Turns<'_>],
        offsets: &[usize],
    ) -> Vec<Result<Vec<u64>, Option<Stop>>> {
        let mut results: Vec<Result<Vec<u64>, Option<Stop>>> = vec![Ok(Vec::new()); turns.len()];
        loop {
            // Whose they are, and the calls.
            let mut wave: Vec<(usize, Call)> = Vec::new();
            for (index, ((turns, &offset), done)) in
                turns.iter().zip(offsets).zip(&results).enumerate()
            {
                let Ok(done) = done else { continue };
                let next = turns.next(done, offset);
                wave.extend(next.into_iter().map(|call| (index, call)));
            }
            if wave.is_empty() || self.is_spent() {
                break;
            }
            let (mut values, mut stops) = (vec![0; wave.len()], Vec::new());
            let call = |index: usize| wave[index].1;
            self.run(call, &mut values, |index, stop| stops.push((index, stop)));
            for ((index, _), value) in wave.iter().zip(values) {
                if let Ok(done) = &mut results[*index] {
                    done.push(value);
                }
            }
            for (index, stop) in stops {
                let result = &mut results[wave[index].0];
                if result.is_ok() {
                    *result = Err(Some(stop));
                }
            }
            if self.is_spent() {
                // What was not made is not known from what was.
                results
                    .iter_mut()
                    .filter(|result| result.is_ok())
                    .for_each(|result| *result = Err(None));
            }
        }
        results
    }

    /// Places the messages of the first calls, as many as there is room for, and at least one.
    fn place_apart(&mut self, calls: &[Apart<'_>]) -> Vec<usize> {
        self.place_each(calls.iter().map(|call| {
            let placement = Placement::aligned(call.alignment);
            (placement, call.message, call.fill)
        }))
    }

    /// Places the first messages behind each other, as many as there is room for, and at least one.
    fn place_each<'m>(
        &mut self,
        messages: impl Iterator<Item = (Placement, &'m [u8], u8)>,
    ) -> Vec<usize> {
        let (mut offsets, mut end) = (Vec::new(), 0);
        for (placement, message, fill) in messages {
            let placed = match &mut self.way {
                Way::Worker(worker) => worker
                    .messages()
                    .place_behind(end, placement, message, fill),
                Way::Pipes(_) => None,
            };
            match placed {
                Some((offset, behind)) => {
                    offsets.push(offset);
                    end = behind;
                }
                None if offsets.is_empty() => return vec![self.place(placement, message, fill)],
                None => break,
            }
        }
        offsets
    }

    /// Makes one call for each bit of a message of zeros at `alignment`, with that bit set: that of result
    /// i is bit i % 8 of byte i / 8. As [`Elsewhere::run`].
    pub(crate) fn units(
        &mut self,
        alignment: usize,
        checksum: u64,
        results: &mut [u64],
        mut stopped: impl FnMut(usize, Stop),
    ) {
        let len_bytes = results.len() / 8;
        if let Way::Worker(worker) = &mut self.way
            && let Some(field) = Field::new(len_bytes, worker.capacity_bytes())
        {
            for pass in field.passes() {
                let marks = field.marks(pass.clone());
                self.lay_out(field.end(), marks);
                // In the order of the bits, so that a byte's results lie `pass.len()` apart.
                let unit = |call: usize| (call % len_bytes) * 8 + pass.start + call / len_bytes;
                let calls = pass.len() * len_bytes;
                let mut some: Vec<u64> = (0..calls).map(|call| results[unit(call)]).collect();
                let window = |call: usize| {
                    field.window(call / len_bytes, alignment, call % len_bytes, checksum)
                };
                self.run(window, &mut some, |call, stop| stopped(unit(call), stop));
                for (call, result) in some.into_iter().enumerate() {
                    results[unit(call)] = result;
                }
            }
            return;
        }
        let placement = Placement::aligned(alignment);
        let mut message = vec![0; len_bytes];
        for (bit, result) in results.iter_mut().enumerate() {
            if self.is_spent() {
                return;
            }
            message[bit / 8] = 1 << (bit % 8);
            let call = Call {
                offset: self.place(placement, &message, FILLS[0]),
                len_bytes,
                checksum: Some(checksum),
            };
            let stopped = |_, stop| stopped(bit, stop);
            self.run(|_| call, std::slice::from_mut(result), stopped);
            message[bit / 8] = 0;
        }
    }

    fn lay_out(&mut self, end: usize, marks: impl Iterator<Item = (usize, u8)>) {
        if let Way::Worker(worker) = &mut self.way {
            worker.messages().lay_out(end, marks);
        }
    }

    /// See [`crate::probe::Probe::audits`].
    pub(crate) fn audits(
        &mut self,
        calls: &[Apart<'_>],
        paint: &Paint,
    ) -> Vec<Option<(u64, usize)>> {
        let xor = self.xor;
        let mut audits = Vec::with_capacity(calls.len());
        while audits.len() < calls.len() && !self.is_spent() {
            let calls = &calls[audits.len()..];
            let offsets = self.place_apart(&calls[..calls.len().min(CALLS_MAX)]);
            let Way::Worker(worker) = &mut self.way else {
                panic!("programs are exempt from the checks that audit calls");
            };
            let placed = placed(&offsets, calls, xor);
            let some = worker.audits(&placed, paint).into_iter();
            audits.extend(some.map(|audit| audit.map(|(value, stack)| (value ^ xor, stack))));
        }
        audits.resize(calls.len(), None);
        audits
    }

    /// One audited call of a placed message.
    pub(crate) fn audit(&mut self, call: Call, paint: &Paint) -> Result<Audit, Stop> {
        let xor = self.xor;
        let Way::Worker(worker) = &mut self.way else {
            panic!("programs are exempt from the checks that audit calls");
        };
        let call = Call {
            checksum: call.checksum.map(|checksum| checksum ^ xor),
            ..call
        };
        let mut audit = worker.audit(&call, paint)?;
        audit.value ^= xor;
        Ok(audit)
    }

    /// One call on a message of `len_bytes` that ends with whole tiles.
    pub(crate) fn call_repeated(
        &mut self,
        checksum: u64,
        tile: &[u8],
        len_bytes: usize,
        patience: Duration,
    ) -> Result<u64, Stop> {
        let xor = self.xor;
        let offset = self.place(Placement::aligned(0), tile, FILLS[0]);
        let Way::Worker(worker) = &mut self.way else {
            panic!("programs are exempt from `huge`");
        };
        let result = worker.call_repeated(checksum ^ xor, offset, len_bytes, patience)?;
        Ok(result ^ xor)
    }

    pub(crate) fn losses(&self) -> Losses {
        match &self.way {
            Way::Worker(worker) => worker.losses,
            Way::Pipes(pipes) => pipes.losses,
        }
    }

    /// Allows as many losses again as a check may cost.
    pub(crate) fn renew(&mut self) {
        match &mut self.way {
            Way::Worker(worker) => worker.losses.renew(),
            Way::Pipes(pipes) => pipes.losses.renew(),
        }
    }

    /// Whether that many have been lost: then a sweep ends behind the call that was.
    pub(crate) fn is_spent(&self) -> bool {
        self.losses().is_spent()
    }
}

/// The calls of the first messages, which lie at these offsets.
fn placed(offsets: &[usize], calls: &[Apart<'_>], xor: u64) -> Vec<Call> {
    let placed = offsets.iter().zip(calls);
    placed
        .map(|(&offset, call)| Call {
            offset,
            len_bytes: call.message.len(),
            checksum: Some(call.checksum ^ xor),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(steps: &[(From, std::ops::Range<usize>)]) -> Turns<'static> {
        let steps = steps.iter().cloned();
        Turns {
            placement: Placement::aligned(0),
            message: &[0; 10],
            steps: steps.map(|(from, part)| Step { from, part }).collect(),
        }
    }

    #[test]
    fn a_chain_is_one_request_and_what_waits_for_another_call_is_the_next() {
        let chain = turns(&[
            (From::Checksum(7), 0..4),
            (From::Step(0), 4..9),
            (From::Step(1), 9..10),
        ]);
        let checksums = |calls: Vec<Call>| -> Vec<Option<u64>> {
            calls.iter().map(|call| call.checksum).collect()
        };
        let calls = chain.next(&[], 100);
        assert_eq!((calls[1].offset, calls[1].len_bytes), (104, 5));
        assert_eq!(checksums(calls), [Some(7), None, None]);
        let two = turns(&[
            (From::Checksum(1), 0..5),
            (From::Checksum(2), 5..10),
            (From::Step(0), 5..10),
            (From::Step(1), 0..5),
            (From::Checksum(3), 0..10),
        ]);
        assert_eq!(checksums(two.next(&[], 0)), [Some(1), Some(2)]);
        assert_eq!(
            checksums(two.next(&[11, 12], 0)),
            [Some(11), Some(12), Some(3)]
        );
        assert!(two.next(&[11, 12, 13, 14, 15], 0).is_empty());
    }
}
