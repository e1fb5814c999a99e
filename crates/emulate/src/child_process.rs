//! A program that runs to its end, or to a deadline.

use crate::before_exec::BeforeExec;
use rustix::process::{Pid, Signal, kill_process_group};
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

/// Runs `command` with an empty stdin, for `time` at most. The program has a process group of its
/// own. At the deadline and on an interrupt the whole group is killed.
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
    let mut child = command
        .stdin(Stdio::null())
        .stdout(stdout.try_clone()?)
        .stderr(stderr.try_clone()?)
        .process_group(0)
        .spawn()?;
    let deadline = Instant::now() + time;
    let ending = loop {
        if let Some(status) = child.try_wait()? {
            break ChildEnding::Ended(status);
        }
        if interrupted.load(Ordering::Relaxed) {
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

    /// The grandchild keeps the outputs open: it must be killed too.
    #[test]
    fn a_program_that_does_not_end_is_killed_with_its_children() {
        let script = "echo begun; sleep 1000 & sleep 1000";
        let finished = run_script(script, Duration::from_millis(300));
        let expected = (ChildEnding::DeadlinePassed, "begun\n");
        assert_eq!((finished.ending, finished.stdout.as_str()), expected);
    }
}
