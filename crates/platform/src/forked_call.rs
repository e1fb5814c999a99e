//! Calls in a copy of this process, which answers and ends.
//!
//! They serve what a process can do only once (a first call), and what may never return. `fork`
//! makes the copy, and the copy executes no other program, so an emulator that runs this process
//! runs the copy too.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitOptions, kill_process, set_parent_process_death_signal, waitpid,
};
use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

/// How a child ended.
#[derive(Debug, PartialEq, Eq)]
pub enum ForkOutcome {
    /// It answered.
    Answered(Vec<u8>),
    /// It did not answer in time, and was killed.
    Late,
    /// It ended by itself without an answer: its wait status.
    Died(i32),
}

/// Runs `body` in a child and waits for its answer, at most for `patience`. The answer has at least
/// one byte.
///
/// The child has only the calling one of this process's threads: `body` must not wait for others.
///
/// # Errors
/// If the operating system refuses the pipe or the process.
pub fn run(patience: Duration, body: impl FnOnce() -> Vec<u8>) -> io::Result<ForkOutcome> {
    let (from, to) = io::pipe()?;
    // SAFETY: the child calls `body`, writes and exits; locks that other threads held are those of
    // the allocator, which the C library takes care of, and ours, which `body` does not take.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            let _ = set_parent_process_death_signal(Some(Signal::KILL));
            let is_written = (&to).write_all(&body()).is_ok();
            // SAFETY: ends the child without what an exit would run a second time.
            unsafe { libc::_exit(i32::from(!is_written)) }
        }
        child => {
            drop(to);
            // `fork` returns a positive number here.
            let child = Pid::from_raw(child).ok_or(io::ErrorKind::Other)?;
            Ok(wait(child, from, patience))
        }
    }
}

fn wait(child: Pid, mut from: io::PipeReader, patience: Duration) -> ForkOutcome {
    let began = Instant::now();
    let mut answer = Vec::new();
    let mut is_late = false;
    loop {
        let left = patience.saturating_sub(began.elapsed());
        let time = Timespec::try_from(left.min(Duration::from_secs(60))).ok();
        let mut polls = [PollFd::new(&from, PollFlags::IN)];
        let ready = poll(&mut polls, time.as_ref());
        if ready == Ok(0) && began.elapsed() >= patience {
            is_late = true;
            // Nobody has waited for the child, so the number is still its own.
            let _ = kill_process(child, Signal::KILL);
            break;
        }
        if matches!(ready, Ok(1..)) {
            let mut bytes = [0; 4096];
            match from.read(&mut bytes) {
                Ok(0) | Err(_) => break,
                Ok(count) => answer.extend_from_slice(&bytes[..count]),
            }
        }
    }
    let status = loop {
        match waitpid(Some(child), WaitOptions::empty()) {
            Ok(Some((_, status))) => break status.as_raw(),
            Err(Errno::INTR) => {}
            Ok(None) | Err(_) => break 0,
        }
    };
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
    fn an_answer_comes_back_and_changes_stay_in_the_child() {
        let mut count = 1;
        let outcome = run(PATIENCE, || {
            count += 1;
            vec![count; 100_000]
        });
        assert_eq!(
            outcome.expect("a child"),
            ForkOutcome::Answered(vec![2; 100_000])
        );
        assert_eq!(count, 1);
    }

    #[test]
    fn a_child_that_dies_or_hangs_is_reported() {
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
