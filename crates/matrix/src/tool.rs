//! A build program that runs to its end, or to an interrupt.

use crcheck_harness::platform::leftovers::RunningGroup;
use rustix::process::{Pid, Signal, kill_process_group};
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Why a build has no library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotBuilt {
    /// The compiler is not here, does not start, or refuses the source: its first error.
    Failed(String),
    /// An interrupt ended it.
    Interrupted,
}

impl fmt::Display for NotBuilt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(reason) => f.write_str(reason),
            Self::Interrupted => f.write_str("interrupted before it was built"),
        }
    }
}

/// The time between two looks at a program that runs.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Runs `command` with an empty stdin, and returns what it printed on stdout. The program has a
/// process group of its own, which an interrupt kills.
///
/// # Errors
/// Its first error if it fails.
pub(crate) fn run(command: &mut Command, interrupted: &AtomicBool) -> Result<String, NotBuilt> {
    let program = command.get_program().to_string_lossy().into_owned();
    let refused = |error: io::Error| NotBuilt::Failed(format!("cannot run {program}: {error}"));
    let stdout = tempfile::tempfile().map_err(refused)?;
    let stderr = tempfile::tempfile().map_err(refused)?;
    command
        .stdin(Stdio::null())
        .stdout(stdout.try_clone().map_err(refused)?)
        .stderr(stderr.try_clone().map_err(refused)?)
        .process_group(0);
    let (mut child, _group) = RunningGroup::start(|| command.spawn()).map_err(refused)?;
    let status = loop {
        if let Some(status) = child.try_wait().map_err(refused)? {
            break status;
        }
        if interrupted.load(Ordering::Relaxed) {
            // It may have ended just now.
            let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
            child.wait().map_err(refused)?;
            return Err(NotBuilt::Interrupted);
        }
        std::thread::sleep(POLL_INTERVAL);
    };
    let errors = read_all(stderr).map_err(refused)?;
    if status.success() {
        return read_all(stdout).map_err(refused);
    }
    let reason = first_error(&errors);
    Err(NotBuilt::Failed(
        reason.map_or(format!("{program}: {status}"), str::to_owned),
    ))
}

fn read_all(mut file: File) -> io::Result<String> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The line in which a compiler or a linker says what is wrong. Drivers add a last line, which says
/// only that the linker failed.
fn first_error(text: &str) -> Option<&str> {
    let is_of_driver =
        |line: &str| line.contains("ld returned") || line.contains("linker command failed");
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    let error = lines().find(|line| line.contains("error") && !is_of_driver(line));
    error.or_else(|| lines().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_script(script: &str) -> Result<String, NotBuilt> {
        run(
            Command::new("sh").args(["-c", script]),
            &AtomicBool::new(false),
        )
    }

    #[test]
    fn a_program_that_fails_gives_its_first_error() {
        assert_eq!(
            run_script("echo out; echo warning >&2"),
            Ok("out\n".to_owned())
        );
        for (printed, expected) in [
            ("a.c: In f:\na.c:1: error: no x\nb", "a.c:1: error: no x"),
            (
                "ld: cannot find -lx\ncollect2: error: ld returned 1",
                "ld: cannot find -lx",
            ),
            ("", "sh: exit status: 3"),
        ] {
            let ended = run_script(&format!("printf '{printed}' >&2; exit 3"));
            assert_eq!(ended, Err(NotBuilt::Failed(expected.to_owned())));
        }
    }

    #[test]
    fn an_interrupt_ends_a_program_and_its_children() {
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 1000 & sleep 1000"]);
        let ended = run(&mut command, &AtomicBool::new(true));
        assert_eq!(ended, Err(NotBuilt::Interrupted));
    }
}
