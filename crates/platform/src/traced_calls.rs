//! How many system calls a program makes between two marks of its own.
//!
//! The program is traced, and stops at each call, so that it is slow between the marks. A mark is a
//! signal that it sends to itself. The signal is ignored unless somebody traces.

use crate::leftovers::RunningGroup;
use nix::errno::Errno;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// The signal of a mark: nothing else sends it without a socket.
const MARK: Signal = Signal::SIGURG;

/// The calls that the second mark makes itself.
const CALLS_OF_MARK: u64 = 3;

/// How often `cancelled` is looked at.
const GLANCE: Duration = Duration::from_millis(10);

/// What a program that was traced has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traced {
    /// The system calls of all its threads between the marks. `None`: it made no second mark, or
    /// the system does not let anybody trace.
    pub calls: Option<u64>,
    /// What it printed on stdout, which must fit into a pipe's buffer.
    pub stdout: String,
    /// Whether it ended with code 0.
    pub has_succeeded: bool,
}

/// Makes a mark: the first one begins the count, and the second one ends it.
pub fn mark() {
    let (process, thread) = (rustix::process::getpid(), rustix::thread::gettid());
    let numbers = (process.as_raw_pid(), thread.as_raw_pid());
    // SAFETY: the signal goes to this thread, which ignores it unless a tracer takes it.
    unsafe { libc::syscall(libc::SYS_tgkill, numbers.0, numbers.1, MARK as i32) };
}

/// Runs a program to its end and counts its calls between its marks. `cancelled` kills it.
///
/// # Errors
/// If it does not start, or the system stops tracing it.
pub fn run(command: &mut Command, cancelled: &AtomicBool) -> io::Result<Traced> {
    command.stdout(Stdio::piped()).process_group(0);
    // SAFETY: the closure makes one system call, which neither allocates nor takes a lock.
    unsafe {
        command.pre_exec(|| {
            // Where nobody may trace, it runs untraced, and has no count.
            let _ = ptrace::traceme();
            Ok(())
        });
    }
    let (mut child, _group) = RunningGroup::start(|| command.spawn())?;
    let main = Pid::from_raw(child.id() as i32);
    let is_over = AtomicBool::new(false);
    let ended = thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                if cancelled.load(Ordering::Relaxed) {
                    // It may have ended.
                    let _ = nix::sys::signal::kill(main, Signal::SIGKILL);
                }
                thread::sleep(GLANCE);
            }
        });
        let ended = follow(main);
        is_over.store(true, Ordering::Relaxed);
        ended
    });
    let (has_succeeded, calls) = ended?;
    let mut stdout = String::new();
    if let Some(mut pipe) = child.stdout.take() {
        pipe.read_to_string(&mut stdout)?;
    }
    Ok(Traced {
        calls,
        stdout,
        has_succeeded,
    })
}

/// Follows all threads of `main` to its end. Returns whether its code is 0, and the count.
fn follow(main: Pid) -> io::Result<(bool, Option<u64>)> {
    // Its threads are in its group, and so is nobody else.
    let group = Pid::from_raw(-main.as_raw());
    let (mut marks, mut stops) = (0, 0_u64);
    loop {
        let status = match waitpid(group, Some(WaitPidFlag::__WALL)) {
            Err(Errno::EINTR) => continue,
            status => status?,
        };
        let mut handed_on = None;
        let thread = match status {
            WaitStatus::Exited(pid, code) if pid == main => {
                // A call has two stops.
                let calls = (marks == 2).then(|| (stops / 2).saturating_sub(CALLS_OF_MARK));
                return Ok((code == 0, calls));
            }
            WaitStatus::Signaled(pid, ..) if pid == main => return Ok((false, None)),
            WaitStatus::Stopped(thread, Signal::SIGTRAP) if thread == main && marks == 0 => {
                // It has just become the program. Later threads are followed too.
                let options = Options::PTRACE_O_TRACESYSGOOD
                    | Options::PTRACE_O_TRACECLONE
                    | Options::PTRACE_O_EXITKILL;
                ptrace::setoptions(main, options)?;
                thread
            }
            WaitStatus::Stopped(thread, MARK) => {
                marks += 1;
                thread
            }
            WaitStatus::Stopped(thread, signal) => {
                // A new thread begins with this one, which is the tracer's.
                handed_on = Some(signal).filter(|signal| *signal != Signal::SIGSTOP);
                thread
            }
            WaitStatus::PtraceSyscall(thread) => {
                stops += u64::from(marks == 1);
                thread
            }
            WaitStatus::PtraceEvent(thread, ..) => thread,
            _ => continue,
        };
        let goes_on = if marks == 1 {
            ptrace::syscall(thread, handed_on)
        } else {
            ptrace::cont(thread, handed_on)
        };
        match goes_on {
            // Killed meanwhile.
            Ok(()) | Err(Errno::ESRCH) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Traces a test of this program.
    fn calls_of(name: &str) -> Option<u64> {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        let name = format!("traced_calls::tests::{name}");
        command.args(["--exact", &name, "--nocapture", "--include-ignored"]);
        let traced = run(&mut command, &AtomicBool::new(false)).expect("it starts");
        assert!(traced.has_succeeded && traced.stdout.contains("1 passed"));
        traced.calls
    }

    fn make_calls(count: usize) {
        for _ in 0..count {
            let _ = rustix::process::getppid();
        }
    }

    #[test]
    #[ignore = "is traced: another test runs it in a process of its own"]
    fn makes_four_calls_between_marks() {
        make_calls(2000);
        mark();
        make_calls(4);
        mark();
        make_calls(2000);
    }

    #[test]
    #[ignore = "is traced: another test runs it in a process of its own"]
    fn makes_a_thousand_calls_on_another_thread() {
        mark();
        let thread = thread::spawn(|| make_calls(1000));
        thread.join().expect("no panic");
        mark();
    }

    #[test]
    fn calls_of_every_thread_between_the_marks_are_counted() {
        let calls = calls_of("makes_four_calls_between_marks");
        // Nobody may trace, or an emulator runs this.
        assert!(calls.is_none_or(|calls| calls == 4), "{calls:?}");
        let calls = calls_of("makes_a_thousand_calls_on_another_thread");
        // To start and to join a thread takes some too.
        assert!(
            calls.is_none_or(|calls| (1002..1100).contains(&calls)),
            "{calls:?}"
        );
    }

    #[test]
    fn a_program_that_runs_on_is_killed() {
        let mut command = Command::new("sleep");
        let traced = run(command.arg("100"), &AtomicBool::new(true)).expect("it starts");
        assert_eq!((traced.has_succeeded, traced.calls), (false, None));
    }

    #[test]
    fn a_mark_does_nothing_to_a_program_that_nobody_traces() {
        mark();
    }
}
