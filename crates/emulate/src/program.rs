//! A program that is run to its end, or to a deadline.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What a program came to.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    pub(crate) how: How,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// By itself, or by a signal.
    Itself(ExitStatus),
    /// It was killed at the deadline.
    Late,
    /// It was killed because the run was interrupted.
    Interrupted,
}

/// How long between two looks at a program that runs.
const LOOK: Duration = Duration::from_millis(10);

/// Runs `command` with nothing to read. It has a process group of its own, which is killed as a
/// whole when the time is over.
pub(crate) fn run(
    command: &mut Command,
    time: Duration,
    interrupted: &AtomicBool,
) -> io::Result<Ended> {
    let (mut stdout, mut stderr) = (tempfile::tempfile()?, tempfile::tempfile()?);
    // SAFETY: between fork and exec only the one system call is made.
    unsafe {
        command.pre_exec(|| {
            // If this process is killed, the program must not go on alone.
            match libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) {
                -1 => Err(io::Error::last_os_error()),
                _ => Ok(()),
            }
        });
    }
    let mut child = command
        .stdin(Stdio::null())
        .stdout(stdout.try_clone()?)
        .stderr(stderr.try_clone()?)
        .process_group(0)
        .spawn()?;
    let deadline = Instant::now() + time;
    let how = loop {
        if let Some(status) = child.try_wait()? {
            break How::Itself(status);
        }
        if interrupted.load(Ordering::Relaxed) {
            kill(&mut child)?;
            break How::Interrupted;
        }
        if Instant::now() >= deadline {
            kill(&mut child)?;
            break How::Late;
        }
        std::thread::sleep(LOOK);
    };
    Ok(Ended {
        how,
        stdout: contents(&mut stdout)?,
        stderr: contents(&mut stderr)?,
    })
}

fn kill(child: &mut Child) -> io::Result<()> {
    // SAFETY: the group is the child's own, which has not been waited for.
    unsafe { libc::kill(-(child.id() as libc::pid_t), libc::SIGKILL) };
    child.wait().map(|_| ())
}

fn contents(file: &mut File) -> io::Result<String> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, time: Duration) -> Ended {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        run(&mut command, time, &AtomicBool::new(false)).expect("it starts")
    }

    #[test]
    fn output_and_status_are_those_of_the_program() {
        let ended = sh("echo out; echo err >&2; exit 7", Duration::from_secs(60));
        assert_eq!(
            (ended.stdout.as_str(), ended.stderr.as_str()),
            ("out\n", "err\n")
        );
        assert!(matches!(ended.how, How::Itself(status) if status.code() == Some(7)));
    }

    /// The grandchild holds the outputs open: it must go too.
    #[test]
    fn what_does_not_end_is_killed_with_its_children() {
        let ended = sh(
            "echo begun; sleep 1000 & sleep 1000",
            Duration::from_millis(300),
        );
        assert_eq!((ended.how, ended.stdout.as_str()), (How::Late, "begun\n"));
    }
}
