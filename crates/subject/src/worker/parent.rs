//! The parent's side of a worker: it starts the worker, sends it requests, watches it, and starts
//! another when that one is gone.

mod first_calls;
mod plain_calls;
mod request;

use super::account::Account;
use super::combined_calls;
use super::doorbell::{Doorbell, Woken};
use super::launch::{Launch, StartError};
use super::link::{Link, WorkerLink};
use super::patience::Patience;
use super::process::{Process, how_it_ended};
use super::serve::Assignment;
use super::shared_block::{Call, Mode, Phase, SharedBlock};
use super::whereabouts::Whereabouts;
use crate::blindness::Blindness;
use crate::calls::{FirstCalls, FirstCallsMade, Race};
use crate::kind::Kind;
use crate::stop::{NOWHERE, Stop, explain};
use crcheck_platform::abi_audit::{Audit, Paint};
use crcheck_platform::code::place::{Place, this_program};
use crcheck_platform::message_memory::{MemoryFile, Placement, Writer};
use crcheck_platform::race::PATIENCE;
use crcheck_platform::signal::{Caught, Signal};
use request::{Allowed, RequestOutcome};
use std::fmt;
use std::io;
use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// How long a library's constructors may take, unless a call may take longer.
const LOADING: Duration = Duration::from_secs(10);

/// How often the parent looks at a worker that it waits for.
const LOOK: Duration = Duration::from_millis(20);

/// A worker and the memory that it shares.
pub(crate) struct Worker {
    launch: Launch,
    assignment: Assignment,
    block: SharedBlock,
    block_file: MemoryFile,
    messages: Writer,
    message_file: MemoryFile,
    running: Option<Running>,
    account: Account,
    /// What calls have done to what sees their accesses, since somebody asked last.
    blindness: Blindness,
    sandbox: String,
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("assignment", &self.assignment)
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

struct Running {
    process: Process,
    bell: Doorbell,
    request: u32,
    /// Whether it has not answered anything yet.
    is_new: bool,
}

impl Worker {
    /// Starts a worker for messages of up to `capacity_bytes`.
    ///
    /// # Errors
    /// If the operating system refuses memory or a process. The inner error: if the library does
    /// not load.
    pub(crate) fn begin(
        launch: &Launch,
        assignment: &Assignment,
        patience: &Patience,
        capacity_bytes: usize,
    ) -> io::Result<Result<Self, StartError>> {
        let (block, block_file) = SharedBlock::new()?;
        let (messages, message_file) = Writer::new(capacity_bytes)?;
        let mut worker = Self {
            launch: launch.clone(),
            assignment: assignment.clone(),
            block,
            block_file,
            messages,
            message_file,
            running: None,
            account: Account::new(patience),
            blindness: Blindness::default(),
            sandbox: String::new(),
        };
        Ok(worker.start()?.map(|()| worker))
    }

    /// The rights that the worker has given up.
    pub(crate) fn sandbox(&self) -> &str {
        &self.sandbox
    }

    fn start(&mut self) -> io::Result<Result<(), StartError>> {
        self.block.reset();
        let (ours, theirs) = UnixStream::pair()?;
        let mut command = self.launch.command();
        let [block, messages] = [&self.block_file, &self.message_file].map(MemoryFile::descriptor);
        for (option, descriptor) in [
            ("--block", block),
            ("--messages", messages),
            ("--bell", theirs.as_fd()),
        ] {
            let number = descriptor.as_raw_fd().to_string();
            command.args([option, &number]);
        }
        let Assignment {
            path,
            symbol,
            interface,
            xor,
            survives_faults,
        } = &self.assignment;
        let (interface, xor) = (interface.to_string(), xor.to_string());
        command.args(["--symbol", symbol, "--interface", &interface, "--xor", &xor]);
        if *survives_faults {
            command.arg("--survives-faults");
        }
        command.arg("--").arg(path);
        // The allocator looks at freed memory at once and keeps none aside.
        command.env("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0");
        // What the library prints must not get into the report.
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let process = Process::begin(command, &[block, messages, theirs.as_fd()])?;
        drop(theirs);
        let mut running = Running {
            process,
            bell: Doorbell::new(ours),
            request: 0,
            is_new: true,
        };
        let started = self.await_ready(&mut running);
        if started.is_ok() {
            self.running = Some(running);
        }
        Ok(started)
    }

    fn await_ready(&mut self, running: &mut Running) -> Result<(), StartError> {
        let time = self.launch.deadline.max(LOADING);
        let began = Instant::now();
        let block = &self.block;
        loop {
            match block.phase() {
                (Phase::Ready, sandbox) => {
                    self.sandbox = sandbox;
                    return Ok(());
                }
                (Phase::Failed, text) => return Err(StartError::Loader(text)),
                (phase @ (Phase::Starting | Phase::Loading), _) => {
                    if let Some(status) = running.process.exit_status() {
                        let how = how_it_ended(status, running.process.last_words());
                        return Err(StartError::Process(match phase {
                            Phase::Loading => format!("loading it {how}"),
                            _ => format!("the worker {how}"),
                        }));
                    }
                    if self.account.cuts() {
                        return Err(StartError::Process("it is time to end".to_owned()));
                    }
                    if began.elapsed() >= time {
                        let seconds = time.as_secs_f64();
                        let text = format!("loading it takes more than {seconds} s");
                        return Err(StartError::Process(text));
                    }
                }
            }
            // There is no request, so the word stays, and a byte or the socket's end wakes this.
            let woken = running
                .bell
                .wait(&block.answered, 1, &block.parent_sleeps, Some(LOOK));
            if woken == Woken::Closed {
                // The end of the process comes right after that of its socket.
                let _ = running.process.ends_within(LOOK);
            }
        }
    }

    /// Makes one call in a mode of its own.
    fn call_in_mode(
        &mut self,
        mode: Mode,
        call: &Call,
        parameter: &str,
        allowed: Allowed,
    ) -> Result<(), Stop> {
        self.ensure_running()?;
        self.block.set_parameter(parameter);
        let asked = self.block.ask(mode, std::iter::once(*call));
        match self.request(asked, allowed) {
            RequestOutcome::Answered(0) => Err(no_answer()),
            RequestOutcome::Answered(_) => Ok(()),
            RequestOutcome::Lost(_, stop) | RequestOutcome::LostBehind(stop) => Err(stop),
            RequestOutcome::Cut(_) => Err(Stop::not_made()),
        }
    }

    fn make_combined_call(&mut self, a: u64, b: u64, len_b: u64) -> Result<u64, Stop> {
        let call = Call {
            offset: 0,
            len_bytes: 0,
            checksum: Some(a),
        };
        let parameter = combined_calls::parameter(b, len_b);
        // It has no message, so it shows nothing of one.
        let allowed = Allowed::And(Duration::ZERO);
        self.call_in_mode(Mode::Combined, &call, &parameter, allowed)?;
        if let Some((_, signal, at)) = self.block.stops().next() {
            return Err(self.explain_at(&NOWHERE, signal, at));
        }
        let mut result = [0];
        self.block.results(&mut result);
        Ok(result[0])
    }

    /// Starts another worker if that one is gone. Nothing else starts one, so what the account
    /// allows bounds their number.
    fn ensure_running(&mut self) -> Result<(), Stop> {
        if self.running.is_some() {
            return Ok(());
        }
        if let Some(stop) = self.account.refusal() {
            return Err(stop);
        }
        let error = match self.start() {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        Err(if self.account.is_cut() {
            Stop::not_made()
        } else {
            self.account.lose(format!("does not load again: {error}"))
        })
    }

    fn explain_signal(&self, call: &Call, signal: Signal, at: Whereabouts) -> Stop {
        // No address is near a message at a null pointer: it has no bytes.
        if call.is_null() {
            return self.explain_at(&NOWHERE, signal, at);
        }
        let start = self.block.view_start().wrapping_add(call.offset);
        self.explain_at(&(start..start.wrapping_add(call.len_bytes)), signal, at)
    }

    /// Explains a signal in terms of the message that the worker sees at these addresses.
    fn explain_at(&self, message: &Range<usize>, signal: Signal, at: Whereabouts) -> Stop {
        let mut stop = explain(Caught::Signal(Box::new(signal)), message);
        if let Some(illegal) = &mut stop.illegal {
            // The signal's address means nothing in this process.
            illegal.function = None;
        }
        if at.is_beside_state {
            let beside = |text| format!("{text}, beside the memory of the stream's state");
            stop.instruction = stop.instruction.map(beside);
        }
        let own = &self.assignment.path;
        let is_own = at.place.as_ref().is_some_and(|place| place.object == *own);
        stop.place.called_at = at.returns_to.filter(|to| !is_own && to.object == *own);
        stop.place.code = at.place;
        let program = this_program();
        let is_callers = |place: &Place| program.as_ref() == Some(&place.object);
        let is_in_caller = stop.place.code.as_ref().is_some_and(is_callers);
        // The caller looks at the message and at a state after a call.
        match is_in_caller && !at.is_beside_state && !stop.is_of_closed_message() {
            true => Stop::of_caller(),
            false => stop,
        }
    }
}

impl Link for Worker {
    fn capacity_bytes(&self) -> usize {
        self.messages.capacity_bytes()
    }

    fn account(&self) -> &Account {
        &self.account
    }

    fn account_mut(&mut self) -> &mut Account {
        &mut self.account
    }

    fn place(&mut self, placement: Placement, message: &[u8], fill: u8) -> usize {
        self.messages.place(placement, message, fill)
    }

    fn replace(&mut self, placement: Placement, len_bytes: usize, bytes: &[u8]) -> usize {
        self.messages.replace(placement, len_bytes, bytes)
    }

    fn run(
        &mut self,
        call: &dyn Fn(usize) -> Call,
        results: &mut [u64],
        stopped: &mut dyn FnMut(usize, Stop),
    ) {
        self.make_plain_calls(call, results, stopped);
    }

    fn take_blindness(&mut self) -> Blindness {
        std::mem::take(&mut self.blindness)
    }

    fn worker(&mut self) -> Option<&mut dyn WorkerLink> {
        Some(self)
    }
}

impl WorkerLink for Worker {
    fn place_behind(
        &mut self,
        end: usize,
        placement: Placement,
        message: &[u8],
        fill: u8,
    ) -> Option<(usize, usize)> {
        self.messages.place_behind(end, placement, message, fill)
    }

    fn takes_null(&self) -> bool {
        self.assignment.interface.takes_null()
    }

    fn lay_out(&mut self, end: usize, bytes: &mut dyn Iterator<Item = (usize, u8)>) {
        self.messages.lay_out(end, bytes);
    }

    fn audit(&mut self, call: &Call, paint: &Paint) -> Result<Audit, Stop> {
        if self.spares(call) {
            return Err(self.account.spare());
        }
        let parameter = serde_json::to_string(paint).expect("plain data is always JSON");
        self.call_in_mode(Mode::Audited, call, &parameter, Allowed::ByLength)?;
        if let Some((_, signal, at)) = self.block.stops().next() {
            return Err(self.explain_signal(call, signal, at));
        }
        serde_json::from_str(&self.block.answer()).map_err(|_| no_answer())
    }

    fn combine(&mut self, a: u64, b: u64, len_b: u64) -> Option<Result<u64, Stop>> {
        self.assignment.interface.combine.as_ref()?;
        Some(self.make_combined_call(a, b, len_b))
    }

    fn audits(&mut self, calls: &[Call], paint: &Paint) -> Vec<Option<(u64, usize)>> {
        let parameter = serde_json::to_string(paint).expect("plain data is always JSON");
        let mut audits = vec![None; calls.len()];
        if self.ensure_running().is_err() {
            return audits;
        }
        let indices = 0..calls.len();
        let indices: Vec<usize> = indices
            .filter(|&index| !self.spares(&calls[index]))
            .collect();
        if indices.is_empty() {
            return audits;
        }
        self.block.set_parameter(&parameter);
        let called = indices.iter().map(|&index| calls[index]);
        let asked = self.block.ask(Mode::Audits, called);
        self.block.forget_stacks(asked);
        let made = match self.request(asked, Allowed::ByLength) {
            RequestOutcome::Answered(made) => made,
            RequestOutcome::Lost(at, _) | RequestOutcome::Cut(at) => at,
            RequestOutcome::LostBehind(_) => 0,
        };
        let mut results = vec![0; made];
        self.block.results(&mut results);
        for (at, (value, index)) in results.into_iter().zip(indices).enumerate() {
            let stack_bytes = self.block.stack_bytes(at);
            audits[index] = stack_bytes.map(|stack_bytes| (value, stack_bytes));
        }
        audits
    }

    fn call_repeated(
        &mut self,
        checksum: u64,
        offset: usize,
        len_bytes: usize,
        patience: Duration,
    ) -> Result<u64, Stop> {
        let call = Call {
            offset,
            len_bytes: 0,
            checksum: Some(checksum),
        };
        let allowed = Allowed::AtMost(patience);
        self.call_in_mode(Mode::Repeated, &call, &len_bytes.to_string(), allowed)?;
        let start: usize = self.block.answer().parse().map_err(|_| no_answer())?;
        if let Some((_, signal, at)) = self.block.stops().next() {
            let message = start..start.wrapping_add(len_bytes);
            return Err(self.explain_at(&message, signal, at));
        }
        let mut result = [0];
        self.block.results(&mut result);
        Ok(result[0])
    }

    fn operate(&mut self, operations: &[Call], results: &mut [u64]) -> Result<(), Stop> {
        self.ensure_running()?;
        let asked = self.block.ask(Mode::Streams, operations.iter().copied());
        match self.request(asked, Allowed::ByLength) {
            RequestOutcome::Answered(0) => return Err(no_answer()),
            RequestOutcome::Answered(_) => {}
            RequestOutcome::Lost(_, stop) | RequestOutcome::LostBehind(stop) => return Err(stop),
            RequestOutcome::Cut(_) => return Err(Stop::not_made()),
        }
        if let Some((index, signal, at)) = self.block.stops().next() {
            let call = &operations[index.min(asked - 1)];
            return Err(self.explain_signal(call, signal, at));
        }
        self.block.results(&mut results[..asked]);
        Ok(())
    }

    fn race(
        &mut self,
        race: Race,
        calls: &[Call],
        results: &mut [u64],
    ) -> Result<(Vec<(usize, Stop)>, usize), Stop> {
        self.ensure_running()?;
        let parameter = serde_json::to_string(&race).expect("plain data is always JSON");
        self.block.set_parameter(&parameter);
        let asked = self.block.ask(Mode::Raced, calls.iter().copied());
        self.block.expect(&results[..asked]);
        match self.request(asked, Allowed::And(race.time + PATIENCE)) {
            RequestOutcome::Answered(0) => return Err(no_answer()),
            RequestOutcome::Answered(_) => {}
            RequestOutcome::Lost(_, stop) | RequestOutcome::LostBehind(stop) => return Err(stop),
            RequestOutcome::Cut(_) => return Err(Stop::not_made()),
        }
        self.block.results(&mut results[..asked]);
        let stops = self.block.stops().filter(|(index, ..)| *index < asked);
        let stops = stops
            .map(|(index, signal, at)| (index, self.explain_signal(&calls[index], signal, at)))
            .collect();
        Ok((stops, self.block.answer().parse().unwrap_or(0)))
    }

    fn first_calls(&mut self, race: &FirstCalls, calls: &[Call]) -> Result<FirstCallsMade, Stop> {
        self.race_first_calls(race, calls)
    }
}

/// The stop of a call whose answer was written over, or for which the worker had no memory.
fn no_answer() -> Stop {
    Stop::without_place(Kind::Crash, NO_ANSWER.to_owned())
}

const NO_ANSWER: &str = "leaves its worker without an answer";
