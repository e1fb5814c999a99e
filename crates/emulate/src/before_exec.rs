//! The system calls that a child makes between fork and exec.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// A system call that a child makes before it becomes its program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BeforeExec {
    /// The child is killed when the thread that started it ends.
    DieWithParent,
    /// The child is traced by the thread that started it.
    #[cfg(target_arch = "x86_64")]
    BeTraced,
}

/// An error number that neither fork nor exec gives. It stands for a refusal to be traced.
#[cfg(target_arch = "x86_64")]
pub(crate) const TRACING_REFUSED: i32 = libc::EKEYREJECTED;

impl BeforeExec {
    /// Has every child of `command` make the call. The child does not start if the call fails.
    pub(crate) fn add_to(self, command: &mut Command) {
        // SAFETY: between fork and exec a child of a process with threads may do nothing but make
        // system calls. `call` makes one, allocates nothing and takes no lock.
        unsafe { command.pre_exec(move || self.call()) };
    }

    fn call(self) -> io::Result<()> {
        match self {
            Self::DieWithParent => {
                let signal = Some(rustix::process::Signal::KILL);
                Ok(rustix::process::set_parent_process_death_signal(signal)?)
            }
            #[cfg(target_arch = "x86_64")]
            Self::BeTraced => {
                use nix::errno::Errno;
                let error = match nix::sys::ptrace::traceme() {
                    Ok(()) => return Ok(()),
                    Err(Errno::EPERM | Errno::ENOSYS) => TRACING_REFUSED,
                    Err(other) => other as i32,
                };
                Err(io::Error::from_raw_os_error(error))
            }
        }
    }
}
