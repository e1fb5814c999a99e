//! Processes of Go: in a group of their own, so that the run's end is theirs.

use crate::claims::answer::Missing;
use crate::claims::measure::control::MeasureControl;
use crcheck_platform::leftovers::RunningGroup;
use rustix::process::{Pid, Signal, kill_process_group};
use std::fs::{self, File};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

/// How often a child is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// The folders in which Go keeps what it has built; it needs one of them.
const CACHES: [&str; 3] = ["GOCACHE", "XDG_CACHE_HOME", "HOME"];

/// Starts processes in a folder.
pub(super) struct Child<'a> {
    /// The folder, which is removed at the end.
    pub(super) folder: &'a Path,
    /// What ends them.
    pub(super) control: &'a MeasureControl<'a>,
}

impl Child<'_> {
    /// Builds the module in `folder` to `program` in it: offline, without cgo, and by this Go and
    /// no other. `Err` has what Go says.
    pub(super) fn build(&self, go: &Path, folder: &Path) -> Result<Result<(), String>, Missing> {
        // The process starts in another folder.
        let go = std::path::absolute(go);
        let go = go.map_err(|error| Missing::refused("no current folder", &error))?;
        let mut command = Command::new(go);
        command.args(["build", "-o", "program", "."]);
        let settings = [
            ("GOFLAGS", "-mod=mod"),
            ("GOPROXY", "off"),
            ("GOTOOLCHAIN", "local"),
            ("GOWORK", "off"),
            ("GOTELEMETRY", "off"),
            ("CGO_ENABLED", "0"),
        ];
        command.current_dir(folder).envs(settings);
        for name in ["GOOS", "GOARCH", "GOAMD64", "GOROOT", "GODEBUG"] {
            command.env_remove(name);
        }
        if CACHES.iter().all(|name| std::env::var_os(name).is_none()) {
            command.env("GOCACHE", self.folder.join("cache"));
        }
        let (status, said, errors) = self.wait(command)?;
        if status.success() {
            return Ok(Ok(()));
        }
        // The first line names the module, or the error if Go did not get as far.
        let lines = errors.lines().chain(said.lines());
        let line = lines
            .filter(|line| !line.starts_with('#'))
            .find(|line| !line.is_empty());
        Ok(Err(line.map_or_else(
            || "the build failed without a message".to_owned(),
            |line| format!("the build failed: {line}"),
        )))
    }

    /// The output of a program that ends well.
    pub(super) fn run(
        &self,
        program: &Path,
        arguments: &[&str],
        debug: &str,
    ) -> Result<String, Missing> {
        let mut command = Command::new(program);
        command.args(arguments).env("GODEBUG", debug);
        let (status, said, errors) = self.wait(command)?;
        if status.success() {
            return Ok(said);
        }
        let last = errors.lines().next().unwrap_or_default();
        Err(Missing::not_here(format!(
            "the program in Go ends with {status}: {last}"
        )))
    }

    /// Runs a command to its end, or to that of the run. Returns what it said on stdout and stderr.
    fn wait(&self, mut command: Command) -> Result<(ExitStatus, String, String), Missing> {
        self.control.go_on()?;
        let (said, errors) = (self.folder.join("stdout"), self.folder.join("stderr"));
        let open =
            || -> io::Result<(File, File)> { Ok((File::create(&said)?, File::create(&errors)?)) };
        let (stdout, stderr) =
            open().map_err(|error| Missing::refused("no temporary file", &error))?;
        command.stdin(Stdio::null()).stdout(stdout).stderr(stderr);
        command.process_group(0);
        let started = RunningGroup::start(|| command.spawn());
        let (mut child, _group) =
            started.map_err(|error| Missing::refused("it does not start", &error))?;
        loop {
            let ended = child.try_wait();
            let ended = ended.map_err(|error| Missing::refused("a child is lost", &error))?;
            if let Some(status) = ended {
                let read = |path: &Path| fs::read_to_string(path).unwrap_or_default();
                return Ok((status, read(&said), read(&errors)));
            }
            if self.control.is_over() {
                // It may have ended just now.
                let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
                let _ = child.wait();
                return Err(Missing::Unfinished);
            }
            thread::sleep(LOOK);
        }
    }
}
