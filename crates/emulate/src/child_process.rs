//! A program that runs to its end, or to a deadline.

use crate::before_exec::BeforeExec;
use crcheck_harness::platform::leftovers::RunningGroup;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A program that no longer runs, and what it printed.
#[derive(Clone, Debug)]
pub(crate) struct FinishedChild {
    pub(crate) ending: ChildEnding,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Why a program no longer runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChildEnding {
    /// It ended by itself, or by a signal.
    Ended(ExitStatus),
    /// It was killed at the deadline.
    DeadlinePassed,
    /// It was killed because the run was interrupted.
    Interrupted,
}

/// The time between two looks at a program that runs.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// How long a program may take to end by itself when the run is interrupted.
const PATIENCE: Duration = Duration::from_secs(1);

/// Runs `command` with an empty stdin, for `time` at most. The program has a process group of its
/// own. At the deadline the whole group is killed. On an interrupt it is asked to end, so that it
/// leaves no file behind, and is killed if it does not.
///
/// # Errors
/// What the operating system says when the program does not start.
pub(crate) fn run(
    command: &mut Command,
    time: Duration,
    interrupted: &AtomicBool,
) -> io::Result<FinishedChild> {
    let (mut stdout, mut stderr) = (tempfile::tempfile()?, tempfile::tempfile()?);
    BeforeExec::DieWithParent.add_to(command);
    command
        .stdin(Stdio::null())
        .stdout(stdout.try_clone()?)
        .stderr(stderr.try_clone()?)
        .process_group(0);
    let (mut child, _group) = RunningGroup::start(|| command.spawn())?;
    let deadline = Instant::now() + time;
    let ending = loop {
        if let Some(status) = child.try_wait()? {
            break ChildEnding::Ended(status);
        }
        if interrupted.load(Ordering::Relaxed) {
            ask_to_end(&mut child)?;
            kill(&mut child)?;
            break ChildEnding::Interrupted;
        }
        if Instant::now() >= deadline {
            kill(&mut child)?;
            break ChildEnding::DeadlinePassed;
        }
        std::thread::sleep(POLL_INTERVAL);
    };
    Ok(FinishedChild {
        ending,
        stdout: read_all(&mut stdout)?,
        stderr: read_all(&mut stderr)?,
    })
}

/// Asks the process group of a child to end, and waits for a while.
fn ask_to_end(child: &mut Child) -> io::Result<()> {
    kill_process_group(Pid::from_child(child), Signal::TERM)?;
    let asked = Instant::now();
    let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    // This only looks at the child, so that the group stays its own.
    while waitid(WaitId::Pid(Pid::from_child(child)), look)?.is_none() {
        if asked.elapsed() >= PATIENCE {
            break;
        }
        std::thread::sleep(POLL_INTERVAL);
    }
    Ok(())
}

/// Kills the process group of a child that has not been waited for.
fn kill(child: &mut Child) -> io::Result<()> {
    kill_process_group(Pid::from_child(child), Signal::KILL)?;
    child.wait().map(|_| ())
}

fn read_all(file: &mut File) -> io::Result<String> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_script(script: &str, time: Duration) -> FinishedChild {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        run(&mut command, time, &AtomicBool::new(false)).expect("it starts")
    }

    #[test]
    fn output_and_status_are_those_of_the_program() {
        let finished = run_script("echo out; echo err >&2; exit 7", Duration::from_secs(60));
        let printed = (finished.stdout.as_str(), finished.stderr.as_str());
        assert_eq!(printed, ("out\n", "err\n"));
        assert!(matches!(finished.ending, ChildEnding::Ended(status) if status.code() == Some(7)));
    }

    #[test]
    fn a_program_is_asked_to_end_on_an_interrupt() {
        let mut command = Command::new("sh");
        let script = "trap 'echo asked; exit' TERM; touch begun; while :; do sleep 0.01; done";
        let folder = tempfile::tempdir().expect("a folder");
        command.args(["-c", script]).current_dir(folder.path());
        let interrupted = AtomicBool::new(false);
        let finished = std::thread::scope(|scope| {
            scope.spawn(|| {
                while !folder.path().join("begun").exists() {
                    std::thread::sleep(POLL_INTERVAL);
                }
                interrupted.store(true, Ordering::Relaxed);
            });
            run(&mut command, Duration::from_secs(60), &interrupted)
        });
        let finished = finished.expect("it starts");
        let seen = (finished.ending, finished.stdout.as_str());
        assert_eq!(seen, (ChildEnding::Interrupted, "asked\n"));
    }

    /// The grandchild keeps the outputs open: it must be killed too.
    #[test]
    fn a_program_that_does_not_end_is_killed_with_its_children() {
        let script = "echo begun; sleep 1000 & sleep 1000";
        let finished = run_script(script, Duration::from_millis(300));
        let expected = (ChildEnding::DeadlinePassed, "begun\n");
        assert_eq!((finished.ending, finished.stdout.as_str()), expected);
    }
}
