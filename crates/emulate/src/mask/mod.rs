//! Runs a program natively while CPUID and XGETBV present a lesser CPU.
//!
//! The program is traced (ptrace). A breakpoint replaces each CPUID and XGETBV of its main
//! executable; the tracer answers with what this CPU says, cut down. Threads, forks and programs
//! that it starts are traced as well. Libraries are not masked: the C library chooses its own code
//! for this CPU. No instruction is refused.

mod breakpoints;
mod cpuid;
mod tracer;

use crate::before_exec::{BeforeExec, TRACING_REFUSED};
use crate::matrix::Cpu;
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};

/// Why a program cannot be masked.
#[derive(Debug, thiserror::Error)]
pub enum MaskingError {
    /// The program does not start.
    #[error("cannot start {program}: {error}")]
    Start {
        /// The program.
        program: PathBuf,
        /// What the operating system says.
        error: io::Error,
    },
    /// The operating system does not let the program be traced.
    #[error(
        "the operating system does not let programs be traced ({0}): a container needs \
         --cap-add=SYS_PTRACE or a seccomp profile that allows ptrace, and \
         kernel.yama.ptrace_scope must be below 3"
    )]
    Refused(io::Error),
    /// The program's code cannot be read or changed.
    #[error("cannot mask {program}: {error}")]
    Code {
        /// The program.
        program: PathBuf,
        /// What is wrong.
        error: io::Error,
    },
    /// The program has no instruction that could be masked.
    #[error("{0} has no CPUID instruction: it would run as if on this CPU")]
    NothingToMask(PathBuf),
    /// The tracer lost the program.
    #[error("tracing broke off: {0}")]
    Trace(io::Error),
}

/// Runs `program` as if on `cpu`, to its end.
///
/// # Errors
/// Why it cannot be masked. It has not run without the mask then.
pub fn run(cpu: &Cpu, program: &Path, arguments: &[OsString]) -> Result<ExitStatus, MaskingError> {
    // The tracer waits for what the program makes of a signal.
    let signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).map_err(MaskingError::Trace)?;
    let mut command = Command::new(program);
    command.args(arguments);
    let child = spawn_traced(&mut command)?;
    hand_on(signals, Pid::from_child(&child));
    tracer::follow(cpu, Pid::from_child(&child))
}

/// Hands signals on to the program, on a thread of its own. A terminal's reaches it twice, which
/// crcheck takes as one.
fn hand_on(mut signals: Signals, program: Pid) {
    std::thread::spawn(move || {
        for signal in signals.forever().filter_map(Signal::from_named_raw) {
            // It may have ended.
            let _ = kill_process(program, signal);
        }
    });
}

/// Whether the operating system lets programs be traced.
///
/// # Errors
/// [`MaskingError::Refused`] if not; [`MaskingError::Start`] if the attempt itself fails.
pub fn check_permission() -> Result<(), MaskingError> {
    let child = spawn_traced(&mut Command::new("/proc/self/exe"))?;
    // It has stopped before its first instruction, and ends there.
    tracer::kill(Pid::from_child(&child))
}

/// Starts a program that stops before its first instruction and waits for its tracer. Until that
/// follows it, nothing but this kills it if its tracer ends.
fn spawn_traced(command: &mut Command) -> Result<Child, MaskingError> {
    BeforeExec::DieWithParent.add_to(command);
    BeforeExec::BeTraced.add_to(command);
    command.spawn().map_err(|error| {
        if error.raw_os_error() == Some(TRACING_REFUSED) {
            MaskingError::Refused(io::Error::from_raw_os_error(libc::EPERM))
        } else {
            let program = PathBuf::from(command.get_program());
            MaskingError::Start { program, error }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;

    #[test]
    fn a_program_that_nobody_follows_yet_dies_with_its_tracer() {
        let started = std::thread::spawn(|| spawn_traced(&mut Command::new("true")));
        let mut child = match started.join().expect("no panic") {
            Ok(child) => child,
            Err(MaskingError::Refused(_)) => return,
            Err(other) => panic!("{other}"),
        };
        let status = child.wait().expect("it is a child");
        assert_eq!(status.signal(), Some(Signal::KILL.as_raw()), "{status}");
    }
}
