//! A program that answers requests: its pipes, and what can go wrong with them.
//!
//! A request is `u64 checksum_in, u64 len`, lowest byte first, and `len` bytes; an answer is
//! `u64 checksum_out`.

use super::account::Account;
use super::launch::{Launch, StartError};
use super::link::{Link, WorkerLink};
use super::process::{Process, how_it_ended};
use super::shared_block::Call;
use crate::stop::Stop;
use crcheck_platform::message_memory::Placement;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_setfl};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{ChildStdin, ChildStdout, Stdio};
use std::time::{Duration, Instant};

/// A program to run.
#[derive(Clone, Debug)]
pub(crate) struct ProgramCommand {
    pub path: PathBuf,
    pub arguments: Vec<String>,
}

/// A program, and the message of its next request.
#[derive(Debug)]
pub(crate) struct Pipes {
    launch: Launch,
    command: ProgramCommand,
    message: Vec<u8>,
    capacity_bytes: usize,
    running: Option<Running>,
    account: Account,
}

#[derive(Debug)]
struct Running {
    process: Process,
    stdin: ChildStdin,
    stdout: ChildStdout,
}

/// How long a program may take to end once it has closed its pipes.
const ENDING: Duration = Duration::from_secs(1);

/// How often the parent looks whether it is time to end.
const LOOK: Duration = Duration::from_millis(20);

/// How long it may take to begin.
const STARTING: Duration = Duration::from_secs(10);

impl Pipes {
    /// A program for messages of up to `capacity_bytes`. The first request starts it.
    pub(crate) fn new(launch: &Launch, command: &ProgramCommand, capacity_bytes: usize) -> Self {
        Self {
            launch: launch.clone(),
            command: command.clone(),
            message: Vec::new(),
            capacity_bytes,
            running: None,
            account: Account::default(),
        }
    }

    /// Starts the program.
    ///
    /// # Errors
    /// The reason why it does not start.
    pub(crate) fn begin(&mut self) -> Result<(), StartError> {
        self.running = Some(self.start()?);
        Ok(())
    }

    fn call(&mut self, checksum: u64, call: &Call) -> Result<u64, Stop> {
        let mut running = match self.running.take() {
            Some(running) => running,
            None => self.restart()?,
        };
        let message = &self.message[call.offset..call.offset + call.len_bytes];
        let deadline = Instant::now() + self.launch.deadline;
        match running.ask(checksum, message, deadline, &mut self.account) {
            Ok(answer) => {
                self.running = Some(running);
                Ok(answer)
            }
            Err(failure) => Err(self.end_after(running, failure)),
        }
    }

    /// Starts the program again. Nothing else does, so what the account allows bounds their number.
    fn restart(&mut self) -> Result<Running, Stop> {
        if let Some(stop) = self.account.refusal() {
            return Err(stop);
        }
        let started = self.start();
        started.map_err(|error| self.account.lose(format!("does not start: {error}")))
    }

    fn start(&self) -> Result<Running, StartError> {
        let failed = |error: io::Error| StartError::Process(error.to_string());
        let (mut ours, theirs) = UnixStream::pair().map_err(failed)?;
        let mut command = self.launch.command();
        command.args(["--program", &theirs.as_raw_fd().to_string(), "--"]);
        command.arg(&self.command.path);
        command.args(&self.command.arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = Process::begin(command, &[theirs.as_fd()]).map_err(failed)?;
        drop(theirs);
        // The text ends when the program begins.
        let mut why_not = String::new();
        ours.set_read_timeout(Some(STARTING)).map_err(failed)?;
        ours.read_to_string(&mut why_not).map_err(failed)?;
        if !why_not.is_empty() {
            return Err(StartError::Process(why_not));
        }
        let child = process.child();
        let ends = child.stdin.take().zip(child.stdout.take());
        let (stdin, stdout) =
            ends.ok_or_else(|| StartError::Process("it has no pipes".to_owned()))?;
        for descriptor in [stdin.as_fd(), stdout.as_fd()] {
            fcntl_setfl(descriptor, OFlags::NONBLOCK).map_err(|error| failed(error.into()))?;
        }
        Ok(Running {
            process,
            stdin,
            stdout,
        })
    }

    /// Explains how a program failed in a request, and ends it.
    fn end_after(&mut self, mut running: Running, failure: Failure) -> Stop {
        let part = |got: usize| match got {
            0 => String::new(),
            got => format!("answers {got} of 8 bytes and "),
        };
        match failure {
            Failure::Late(got) => {
                let deadline = self.launch.deadline;
                self.account.lose_late(&part(got), deadline)
            }
            Failure::Cut => Stop::not_made(),
            Failure::Closed(got) => {
                let ended = running.process.ends_within(ENDING);
                let how = match ended {
                    Some(status) => how_it_ended(status, running.process.last_words()),
                    None => "closes its pipes".to_owned(),
                };
                self.account.lose(part(got) + &how)
            }
            Failure::TooMuch(got) => {
                let text = format!("answers {got} bytes instead of 8");
                self.account.lose(text)
            }
            Failure::Unasked(got) => {
                let text = format!("writes {got} bytes before it is asked for them");
                self.account.lose(text)
            }
        }
    }
}

impl Link for Pipes {
    fn capacity_bytes(&self) -> usize {
        self.capacity_bytes
    }

    fn account(&self) -> &Account {
        &self.account
    }

    fn account_mut(&mut self) -> &mut Account {
        &mut self.account
    }

    fn place(&mut self, _: Placement, message: &[u8], _: u8) -> usize {
        self.message.clear();
        self.message.extend_from_slice(message);
        0
    }

    fn replace(&mut self, _: Placement, _: usize, bytes: &[u8]) -> usize {
        self.message[..bytes.len()].copy_from_slice(bytes);
        0
    }

    fn run(
        &mut self,
        call: &dyn Fn(usize) -> Call,
        results: &mut [u64],
        stopped: &mut dyn FnMut(usize, Stop),
    ) {
        let mut previous = None;
        for (index, result) in results.iter_mut().enumerate() {
            let call = call(index);
            let Some(checksum) = call.checksum.or(previous) else {
                continue;
            };
            previous = match self.call(checksum, &call) {
                Ok(answer) => {
                    *result = answer;
                    Some(answer)
                }
                Err(_) if self.account.is_cut() => return,
                Err(stop) => {
                    stopped(index, stop);
                    if self.account.is_spent() {
                        return;
                    }
                    None
                }
            };
        }
    }

    fn worker(&mut self) -> Option<&mut dyn WorkerLink> {
        None
    }
}

/// Why a request has no answer, with the number of bytes that came.
enum Failure {
    Late(usize),
    Closed(usize),
    TooMuch(usize),
    Unasked(usize),
    /// It was time to end.
    Cut,
}

impl Running {
    fn ask(
        &mut self,
        checksum: u64,
        message: &[u8],
        deadline: Instant,
        account: &mut Account,
    ) -> Result<u64, Failure> {
        let mut answer = [0; 64];
        // Bytes that lie in the pipe before the request do not answer it.
        match self.stdout.read(&mut answer) {
            Ok(0) => return Err(Failure::Closed(0)),
            Ok(got) => return Err(Failure::Unasked(got)),
            Err(_) => {}
        }
        let mut request = Vec::with_capacity(16 + message.len());
        request.extend_from_slice(&checksum.to_le_bytes());
        request.extend_from_slice(&(message.len() as u64).to_le_bytes());
        request.extend_from_slice(message);
        let (mut sent, mut got) = (0, 0);
        // A program may answer before it has read the whole request. It gets the whole request
        // before the next one.
        while got < 8 || sent < request.len() {
            if sent < request.len() {
                match self.stdin.write(&request[sent..]) {
                    Ok(count) => sent += count,
                    Err(error) if is_transient(&error) => {}
                    // The failure says how many bytes came before the end of the pipe.
                    Err(_) => return Err(Failure::Closed(got)),
                }
            }
            match self.stdout.read(&mut answer[got..]) {
                Ok(0) => return Err(Failure::Closed(got)),
                Ok(count) if got + count > 8 => return Err(Failure::TooMuch(got + count)),
                Ok(count) => got += count,
                Err(error) if is_transient(&error) => {
                    let now = Instant::now();
                    if now >= deadline {
                        return Err(Failure::Late(got));
                    }
                    if account.cuts() {
                        return Err(Failure::Cut);
                    }
                    self.sleep(sent < request.len(), LOOK.min(deadline - now));
                }
                Err(_) => return Err(Failure::Closed(got)),
            }
        }
        let word = std::array::from_fn(|index| answer[index]);
        Ok(u64::from_le_bytes(word))
    }

    /// Sleeps until something can be read, or written if there is more to write.
    fn sleep(&self, has_more: bool, time: Duration) {
        let mut polls = [
            PollFd::new(&self.stdout, PollFlags::IN),
            PollFd::new(&self.stdin, PollFlags::OUT),
        ];
        let count = if has_more { 2 } else { 1 };
        let time = Timespec::try_from(time.max(Duration::from_millis(1))).ok();
        // The caller looks at the clock again if the sleep was cut short.
        let _ = poll(&mut polls[..count], time.as_ref());
    }
}

fn is_transient(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}
