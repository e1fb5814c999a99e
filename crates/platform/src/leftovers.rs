//! What must not outlive this process: its temporary files and folders, and the processes that
//! write into them. Each is removed when it is dropped, and all are when the process ends by
//! [`end`].

use rustix::process::{Pid, Signal, WaitOptions, kill_process_group, waitpid};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tempfile::{NamedTempFile, TempDir};

/// What there is now. It is held while anything is made, so that nothing is made after [`end`].
static ALL: Mutex<Vec<Leftover>> = Mutex::new(Vec::new());

#[derive(Clone, Debug, PartialEq, Eq)]
enum Leftover {
    Folder(PathBuf),
    File(PathBuf),
    Group(Pid),
}

impl Leftover {
    fn remove(&self) {
        // Whatever is gone already is as it should be, and nobody could help with the rest.
        match self {
            Self::Folder(path) => drop(std::fs::remove_dir_all(path)),
            Self::File(path) => drop(std::fs::remove_file(path)),
            Self::Group(leader) => {
                let _ = kill_process_group(*leader, Signal::KILL);
                let _ = waitpid(Some(*leader), WaitOptions::empty());
            }
        }
    }

    /// Has `settle` remove it or move it away, and forgets it.
    fn settle<R>(&self, settle: impl FnOnce() -> R) -> R {
        let mut all = lock();
        let settled = settle();
        all.retain(|other| other != self);
        settled
    }
}

fn lock() -> MutexGuard<'static, Vec<Leftover>> {
    // A panic elsewhere leaves the list as good as it was.
    ALL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A new temporary folder, which is removed with everything in it.
#[derive(Debug)]
pub struct ScratchFolder(Option<TempDir>);

impl ScratchFolder {
    /// Makes one in the system's folder for such.
    ///
    /// # Errors
    /// If the operating system refuses.
    pub fn new() -> io::Result<Self> {
        Self::new_in(&std::env::temp_dir())
    }

    /// Makes one in `parent`.
    ///
    /// # Errors
    /// If the operating system refuses.
    pub fn new_in(parent: &Path) -> io::Result<Self> {
        let mut all = lock();
        let folder = tempfile::tempdir_in(parent)?;
        all.push(Leftover::Folder(folder.path().to_owned()));
        Ok(Self(Some(folder)))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.as_ref().map_or(Path::new(""), TempDir::path)
    }
}

impl Drop for ScratchFolder {
    fn drop(&mut self) {
        let folder = self.0.take();
        let path = folder.as_ref().map(|folder| folder.path().to_owned());
        Leftover::Folder(path.unwrap_or_default()).settle(|| drop(folder));
    }
}

/// A file that is not complete. It is removed unless it is [moved](Self::persist) to its place.
#[derive(Debug)]
pub(crate) struct PartialFile(Option<NamedTempFile>);

impl PartialFile {
    /// Has `make` make the file.
    pub(crate) fn new(make: impl FnOnce() -> io::Result<NamedTempFile>) -> io::Result<Self> {
        let mut all = lock();
        let file = make()?;
        all.push(Leftover::File(file.path().to_owned()));
        Ok(Self(Some(file)))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.as_ref().map_or(Path::new(""), NamedTempFile::path)
    }

    pub(crate) fn file(&mut self) -> &mut NamedTempFile {
        self.0.as_mut().expect("it is there until it is moved")
    }

    /// Moves it to its place.
    pub(crate) fn persist(mut self, path: &Path) -> io::Result<()> {
        let file = self.0.take().expect("it is there until it is moved");
        let leftover = Leftover::File(file.path().to_owned());
        leftover.settle(|| file.persist(path).map(drop).map_err(|error| error.error))
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        if let Some(file) = self.0.take() {
            Leftover::File(file.path().to_owned()).settle(|| drop(file));
        }
    }
}

/// The group of a child that runs. It is not killed when this is dropped: its owner waits for it.
#[derive(Debug)]
pub struct RunningGroup(Pid);

impl RunningGroup {
    /// Has `start` start the child, the leader of a process group of its own.
    ///
    /// # Errors
    /// What `start` returns.
    pub fn start(
        start: impl FnOnce() -> io::Result<std::process::Child>,
    ) -> io::Result<(std::process::Child, Self)> {
        let mut all = lock();
        let child = start()?;
        let leader = Pid::from_child(&child);
        all.push(Leftover::Group(leader));
        Ok((child, Self(leader)))
    }
}

impl Drop for RunningGroup {
    fn drop(&mut self) {
        Leftover::Group(self.0).settle(|| ());
    }
}

/// Removes everything, and ends the process at once with this code.
pub fn end(code: u8) -> ! {
    // It is not unlocked again, so no other thread makes anything new.
    let mut all = lock();
    // Processes first: they make files.
    all.sort_by_key(|leftover| !matches!(leftover, Leftover::Group(_)));
    for leftover in all.iter() {
        leftover.remove();
    }
    // SAFETY: `_exit` takes any number, and runs nothing of this process that could wait for a
    // lock.
    unsafe { libc::_exit(code.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::whole::WholeFile;
    use std::io::Write;
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    /// This test's program, which runs only the test of this name, in this folder.
    fn again(name: &str, folder: &Path) -> Command {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.args(["--exact", name, "--nocapture", "--include-ignored"]);
        command.current_dir(folder).env("TMPDIR", folder);
        command
    }

    #[test]
    #[ignore = "ends its process: another test runs it in one of its own"]
    fn ends_with_everything_open() {
        let folder = ScratchFolder::new().expect("a folder");
        std::fs::write(folder.path().join("inside"), "text").expect("a file");
        let mut file = WholeFile::create(Path::new("report")).expect("a file");
        file.write_all(b"half").expect("written");
        let mut command = Command::new("sleep");
        command.arg("1000").process_group(0);
        let (child, _group) = RunningGroup::start(|| command.spawn()).expect("it starts");
        println!("child {}", child.id());
        assert_eq!(std::fs::read_dir(".").expect("a folder").count(), 2);
        end(7)
    }

    #[test]
    fn nothing_outlives_a_process_that_ends_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let name = "leftovers::tests::ends_with_everything_open";
        let output = again(name, folder.path()).output().expect("it starts");
        assert_eq!(output.status.code(), Some(7), "{output:?}");
        let left = std::fs::read_dir(folder.path()).expect("a folder");
        assert_eq!(left.count(), 0, "{:?}", folder.path());
        let text = String::from_utf8(output.stdout).expect("text");
        let child = text.split("child ").nth(1).expect("the child's number");
        let child = child.lines().next().expect("a line");
        assert!(!Path::new("/proc").join(child).exists(), "{child} runs on");
    }

    #[test]
    fn what_is_dropped_is_removed_and_forgotten() {
        let folder = ScratchFolder::new().expect("a folder");
        let path = folder.path().to_owned();
        assert!(lock().contains(&Leftover::Folder(path.clone())));
        drop(folder);
        assert!(!path.exists() && !lock().contains(&Leftover::Folder(path)));
    }
}
