//! The process of a program, and the ends of its pipes.

use super::launch::{Launch, StartError};
use super::process::Process;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_setfl};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{ChildStdin, ChildStdout, Stdio};
use std::time::Duration;

/// A program to run.
#[derive(Clone, Debug)]
pub(crate) struct ProgramCommand {
    pub path: PathBuf,
    pub arguments: Vec<String>,
}

/// How long it may take to begin.
const STARTING: Duration = Duration::from_secs(10);

/// A running program. Nobody waits at its pipes.
#[derive(Debug)]
pub(super) struct ProgramProcess {
    pub process: Process,
    /// `None` once it is closed.
    stdin: Option<ChildStdin>,
    stdout: ChildStdout,
}

/// What came from a pipe.
pub(super) enum Came {
    Bytes(usize),
    /// Nothing so far.
    Nothing,
    /// The other end is closed.
    End,
}

impl ProgramProcess {
    /// Starts the program.
    ///
    /// # Errors
    /// The reason why it does not start.
    pub(super) fn start(launch: &Launch, program: &ProgramCommand) -> Result<Self, StartError> {
        let failed = |error: io::Error| StartError::Process(error.to_string());
        let (mut ours, theirs) = UnixStream::pair().map_err(failed)?;
        let mut command = launch.command();
        command.args(["--program", &theirs.as_raw_fd().to_string(), "--"]);
        command.arg(&program.path);
        command.args(&program.arguments);
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
        Ok(Self {
            process,
            stdin: Some(stdin),
            stdout,
        })
    }

    /// Writes some of these bytes, and returns how many; `None` if nobody reads them any more.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Option<usize> {
        match self.stdin.as_mut()?.write(bytes) {
            Ok(count) => Some(count),
            Err(error) if is_transient(&error) => Some(0),
            Err(_) => None,
        }
    }

    pub(super) fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// Reads what has come.
    pub(super) fn read(&mut self, bytes: &mut [u8]) -> Came {
        match self.stdout.read(bytes) {
            Ok(0) => Came::End,
            Ok(count) => Came::Bytes(count),
            Err(error) if is_transient(&error) => Came::Nothing,
            Err(_) => Came::End,
        }
    }

    /// Sleeps until something can be read, or written if there is more to write.
    pub(super) fn sleep(&self, has_more: bool, time: Duration) {
        let mut polls = vec![PollFd::new(&self.stdout, PollFlags::IN)];
        let stdin = self.stdin.iter().filter(|_| has_more);
        polls.extend(stdin.map(|stdin| PollFd::new(stdin, PollFlags::OUT)));
        let time = Timespec::try_from(time.max(Duration::from_millis(1))).ok();
        // The caller looks at the clock again if the sleep was cut short.
        let _ = poll(&mut polls, time.as_ref());
    }
}

fn is_transient(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}
