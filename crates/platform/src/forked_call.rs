//! Calls in a process of their own: a copy of this one, as it is now, that answers and ends.
//!
//! For what can be done once in a process (a first call), and for what may never return. A copy is made
//! by `fork` and executes nothing else, so that an emulator that runs this process runs the copy too.

use std::io::{self, Read, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::time::{Duration, Instant};

/// How a child ended.
#[derive(Debug, PartialEq, Eq)]
pub enum ForkOutcome {
    /// It answered.
    Answered(Vec<u8>),
    /// It was not done in time, and was ended.
    Late,
    /// It ended by itself, without an answer: its wait status.
    Died(libc::c_int),
}

/// Runs `body` in a child and waits for its answer, which has at least one byte, at most for `patience`.
///
/// Of this process's threads the child has the calling one alone; `body` must not wait for others.
///
/// # Errors
/// If the operating system has no pipe or process for it.
pub fn run(patience: Duration, body: impl FnOnce() -> Vec<u8>) -> io::Result<ForkOutcome> {
    let mut ends = [0; 2];
    // SAFETY: two descriptors are written to an array of two.
    if unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: both are open, and owned by nobody else.
    let [from, to] = ends.map(|end| unsafe { OwnedFd::from_raw_fd(end) });
    // SAFETY: the child calls `body`, writes and exits; locks that other threads held are those of the
    // allocator, which the C library takes care of, and ours, which `body` does not take.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            // SAFETY: both calls are system calls without memory operands.
            unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
            let is_written = io::PipeWriter::from(to).write_all(&body()).is_ok();
            // SAFETY: ends the child without what an exit would run a second time.
            unsafe { libc::_exit(i32::from(!is_written)) }
        }
        child => {
            drop(to);
            Ok(wait(child, io::PipeReader::from(from), patience))
        }
    }
}

fn wait(child: libc::pid_t, mut from: io::PipeReader, patience: Duration) -> ForkOutcome {
    use std::os::fd::AsRawFd;
    let began = Instant::now();
    let mut answer = Vec::new();
    let mut is_late = false;
    loop {
        let left = patience.saturating_sub(began.elapsed()).as_millis();
        let mut poll = libc::pollfd {
            fd: from.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        };
        // SAFETY: one descriptor, which is open.
        let ready = unsafe { libc::poll(&raw mut poll, 1, left.min(60_000) as libc::c_int) };
        if ready == 0 && began.elapsed() >= patience {
            is_late = true;
            // SAFETY: the child was not waited for, so the number is still its own.
            unsafe { libc::kill(child, libc::SIGKILL) };
            break;
        }
        if ready > 0 {
            let mut bytes = [0; 4096];
            match from.read(&mut bytes) {
                Ok(0) | Err(_) => break,
                Ok(count) => answer.extend_from_slice(&bytes[..count]),
            }
        }
    }
    let mut status = 0;
    // SAFETY: the child is ours and was not waited for; the status is written to an integer.
    while unsafe { libc::waitpid(child, &raw mut status, 0) } == -1
        && io::Error::last_os_error().kind() == io::ErrorKind::Interrupted
    {}
    match (is_late, answer.is_empty()) {
        (true, _) => ForkOutcome::Late,
        (false, false) => ForkOutcome::Answered(answer),
        (false, true) => ForkOutcome::Died(status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    #[test]
    fn an_answer_comes_back_and_changes_do_not() {
        let mut here = 1;
        let outcome = run(PATIENCE, || {
            here += 1;
            vec![here; 100_000]
        });
        assert_eq!(
            outcome.expect("a child"),
            ForkOutcome::Answered(vec![2; 100_000])
        );
        assert_eq!(here, 1);
    }

    #[test]
    fn a_child_that_dies_or_hangs_is_told() {
        let died = run(PATIENCE, || {
            // SAFETY: ends the child.
            unsafe { libc::_exit(3) }
        });
        assert_eq!(died.expect("a child"), ForkOutcome::Died(3 << 8));
        let late = run(Duration::from_millis(50), || {
            loop {
                std::thread::sleep(Duration::from_secs(1));
            }
        });
        assert_eq!(late.expect("a child"), ForkOutcome::Late);
    }
}
