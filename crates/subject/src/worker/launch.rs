//! How to start a process that takes calls.

use std::ffi::OsString;
use std::io;
use std::process::Command;
use std::time::Duration;

/// How long a call may take by default.
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
    /// This program, started again with the hidden subcommand `worker`. If `CRCHECK_RUNNER` names
    /// an emulator, that starts it: a program that starts otherwise leaves the emulator.
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

    /// The rights that a worker gives up on this machine. A worker lists them on stdout.
    pub fn sandbox(&self) -> String {
        let output = self.command().arg("--sandbox").output();
        let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
        // Without a worker, no program is under test.
        text.unwrap_or_default()
    }

    pub(super) fn command(&self) -> Command {
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
