//! A program run natively, while CPUID and XGETBV tell it of a lesser CPU.
//!
//! The program is traced (ptrace). Each CPUID and XGETBV in its main executable is replaced by a
//! breakpoint, and answered with what the CPU at hand says, cut down. Threads, forks and programs that
//! it starts are traced alike. Libraries are not masked: the C library's own choices are the host's.
//! Instructions are not trapped.

mod answer;
mod sites;
mod tracer;

use crate::matrix::Cpu;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

/// Why a program cannot be masked.
#[derive(Debug, thiserror::Error)]
pub enum MaskError {
    /// It does not start.
    #[error("cannot start {program}: {error}")]
    Start {
        /// The program.
        program: PathBuf,
        /// What the operating system says.
        error: io::Error,
    },
    /// The operating system does not let it be traced.
    #[error(
        "the operating system does not let programs be traced ({0}): a container needs --cap-add=SYS_PTRACE or a seccomp profile that allows ptrace, and kernel.yama.ptrace_scope must be below 3"
    )]
    Refused(io::Error),
    /// Its code cannot be read or changed.
    #[error("cannot mask {program}: {error}")]
    Code {
        /// The program.
        program: PathBuf,
        /// What is wrong.
        error: io::Error,
    },
    /// It asks nothing that could be masked.
    #[error("{0} has no CPUID instruction: it would run as if on the CPU at hand")]
    NothingToMask(PathBuf),
    /// Tracing broke off.
    #[error("tracing broke off: {0}")]
    Trace(io::Error),
}

/// Runs `program` as if on `cpu`, to its end.
///
/// # Errors
/// Why it cannot be masked; it has not run on without the mask then.
pub fn run(
    cpu: &Cpu,
    program: &Path,
    arguments: &[std::ffi::OsString],
) -> Result<ExitStatus, MaskError> {
    let mut command = Command::new(program);
    command.args(arguments);
    // SAFETY: between fork and exec only the one system call is made.
    unsafe {
        command.pre_exec(|| {
            if libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) == -1 {
                let error = io::Error::last_os_error();
                // Told from the errors of exec by a number that exec does not have.
                let is_refusal = matches!(error.raw_os_error(), Some(libc::EPERM | libc::ENOSYS));
                return Err(if is_refusal {
                    io::Error::from_raw_os_error(REFUSED)
                } else {
                    error
                });
            }
            Ok(())
        });
    }
    let child = command.spawn().map_err(|error| {
        if error.raw_os_error() == Some(REFUSED) {
            MaskError::Refused(io::Error::from_raw_os_error(libc::EPERM))
        } else {
            MaskError::Start {
                program: program.to_owned(),
                error,
            }
        }
    })?;
    // What a terminal interrupts is the program: this waits for what it makes of it.
    // SAFETY: a signal number and an action that exist.
    unsafe { libc::signal(libc::SIGINT, libc::SIG_IGN) };
    tracer::follow(cpu, child.id() as libc::pid_t)
}

/// Whether programs may be traced at all.
///
/// # Errors
/// [`MaskError::Refused`].
pub fn permission() -> Result<(), MaskError> {
    // SAFETY: the child makes two system calls, and touches nothing of the parent's.
    let child = unsafe { libc::fork() };
    if child == 0 {
        // SAFETY: as above; `_exit` runs no destructors.
        unsafe { libc::_exit(i32::from(libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) == -1)) }
    }
    let mut status = 0;
    // SAFETY: waits for a child of this process, and writes an int.
    let ended = child > 0 && unsafe { libc::waitpid(child, &raw mut status, 0) } == child;
    if ended && libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0 {
        return Ok(());
    }
    Err(MaskError::Refused(io::Error::from_raw_os_error(
        libc::EPERM,
    )))
}

/// An error number that neither fork nor exec gives.
const REFUSED: i32 = libc::EKEYREJECTED;
