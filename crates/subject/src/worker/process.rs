//! A process of ours. It starts, is watched, and ends with everything that it has started.

use crcheck_platform::message_memory::MemoryFile;
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process_group, set_parent_process_death_signal, waitid,
};
use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus};
use std::sync::OnceLock;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

/// A running process in a group of its own. It is killed when this is dropped, or when this process
/// ends in whatever way.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    is_reaped: bool,
    stderr: File,
}

impl Process {
    /// Starts `command`, which inherits these descriptors under their numbers, and no others beyond
    /// the standard ones.
    ///
    /// # Errors
    /// If the operating system refuses.
    pub(super) fn begin(mut command: Command, inherited: &[BorrowedFd<'_>]) -> io::Result<Self> {
        let stderr = File::from(MemoryFile::new(0)?.descriptor().try_clone_to_owned()?);
        let numbers: Vec<_> = inherited.iter().map(AsRawFd::as_raw_fd).collect();
        command.stderr(stderr.try_clone()?).process_group(0);
        // SAFETY: between fork and exec only system calls are made.
        unsafe {
            command.pre_exec(move || {
                keep_descriptors_back();
                for &number in &numbers {
                    fcntl_setfd(BorrowedFd::borrow_raw(number), FdFlags::empty())?;
                }
                Ok(set_parent_process_death_signal(Some(Signal::KILL))?)
            });
        }
        Ok(Self {
            child: spawn(command)?,
            is_reaped: false,
            stderr,
        })
    }

    /// The child, with the ends of its pipes.
    pub(super) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// How it ended; `None` if it still runs. If it has ended, this ends what it started too.
    pub(super) fn exit_status(&mut self) -> Option<ExitStatus> {
        // This only looks at the child, so that its number stays its own.
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let child = WaitId::Pid(Pid::from_child(&self.child));
        let has_ended = matches!(waitid(child, look), Ok(Some(_)));
        if has_ended && !self.is_reaped {
            self.reap();
        }
        self.child.try_wait().ok().flatten()
    }

    /// Kills the group and takes the child's status.
    fn reap(&mut self) {
        // The group is the child's own, since nobody has waited for the child. The wait is short,
        // since the child is killed. Nothing can be done about an error.
        let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        let _ = self.child.wait();
        self.is_reaped = true;
    }

    /// Waits for its end; `None` if it does not end within `time`.
    pub(super) fn ends_within(&mut self, time: Duration) -> Option<ExitStatus> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.exit_status() {
                return Some(status);
            }
            if began.elapsed() >= time {
                return None;
            }
            std::thread::sleep(Duration::from_micros(100));
        }
    }

    /// The last line that it wrote on stderr.
    pub(super) fn last_words(&mut self) -> Option<String> {
        let mut bytes = Vec::new();
        self.stderr.rewind().ok()?;
        self.stderr.read_to_end(&mut bytes).ok()?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let line = text.lines().rfind(|line| !line.trim().is_empty())?;
        Some(line.trim().chars().take(200).collect())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.is_reaped {
            self.reap();
        }
    }
}

/// Lets no descriptor beyond the standard ones pass `execve`: those that this process itself has
/// inherited are its parent's files.
fn keep_descriptors_back() {
    let first = libc::STDERR_FILENO + 1;
    // SAFETY: the call takes numbers, and sets a flag only. Linux before 5.11 refuses it.
    unsafe {
        libc::syscall(
            libc::SYS_close_range,
            first,
            libc::c_uint::MAX,
            libc::CLOSE_RANGE_CLOEXEC,
        );
    }
}

/// A command for the thread that starts processes, and where it answers.
type Job = (Command, Sender<io::Result<Child>>);

/// Starts processes on a thread that lives as long as this process, since `PR_SET_PDEATHSIG` kills
/// a process when the thread that started it ends.
fn spawn(command: Command) -> io::Result<Child> {
    static THREAD: OnceLock<Sender<Job>> = OnceLock::new();
    let jobs = THREAD.get_or_init(|| {
        let (sender, jobs) = channel::<Job>();
        std::thread::spawn(move || {
            for (mut command, answer) in jobs {
                // The sender of the job waits for the answer.
                let _ = answer.send(command.spawn());
            }
        });
        sender
    });
    let (answer, child) = channel();
    let gone = |_| io::Error::other("the thread that starts processes is gone");
    jobs.send((command, answer))
        .map_err(|_| io::Error::other("the thread that starts processes is gone"))?;
    child.recv().map_err(gone)?
}

/// How a process ended: the rest of a sentence that begins with its name.
pub(super) fn how_it_ended(status: ExitStatus, last_words: Option<String>) -> String {
    let how = match (status.signal(), status.code()) {
        (Some(libc::SIGABRT), _) => "aborts".to_owned(),
        (Some(libc::SIGKILL), _) => "is killed".to_owned(),
        (Some(number), _) => format!("ends its process by signal {}", signal_name(number)),
        (None, Some(code)) => format!("ends its process by exit({code})"),
        (None, None) => format!("ends its process: {status}"),
    };
    match last_words {
        Some(words) => format!("{how} (`{words}`)"),
        None => how,
    }
}

fn signal_name(number: i32) -> String {
    let name = match number {
        libc::SIGSEGV => "SIGSEGV",
        libc::SIGBUS => "SIGBUS",
        libc::SIGILL => "SIGILL",
        libc::SIGFPE => "SIGFPE",
        libc::SIGTRAP => "SIGTRAP",
        libc::SIGSYS => "SIGSYS",
        libc::SIGPIPE => "SIGPIPE",
        libc::SIGTERM => "SIGTERM",
        libc::SIGXCPU => "SIGXCPU",
        libc::SIGXFSZ => "SIGXFSZ",
        _ => return number.to_string(),
    };
    name.to_owned()
}
