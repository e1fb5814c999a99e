//! Processes that subjects have left behind.
//!
//! A child whose parent ends becomes a child of the nearest ancestor that asked for it, and there
//! of the main thread. So if the main thread starts no process itself, its children are those that
//! were left behind.

use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, getpid, kill_process, set_child_subreaper, waitid,
};
use std::fs;
use std::time::{Duration, Instant};

/// The right to end what is left behind.
#[derive(Clone, Copy, Debug)]
pub struct LeftBehind(());

/// How long the end of a run may wait for killed processes.
const ENDING: Duration = Duration::from_secs(5);

impl LeftBehind {
    /// Makes this process the one to which all that is left behind comes. Call it before this
    /// process has another thread. From now on the main thread must start no process.
    ///
    /// Returns `None` where others' processes could come too: the first process of a container gets
    /// those of all, and a process that has children already, from the program that it was before,
    /// gets theirs. It returns `None` as well if the operating system does not list children.
    pub fn collect() -> Option<Self> {
        let is_alone = !getpid().is_init() && children()?.is_empty();
        let collects = is_alone && set_child_subreaper(Some(getpid())).is_ok();
        collects.then_some(Self(()))
    }

    /// Takes the status of what has ended. The rest may still serve a subject that runs.
    pub fn take_statuses(&self) {
        children()
            .unwrap_or_default()
            .into_iter()
            .for_each(take_status);
    }

    /// Kills until nothing is left, for some seconds at most: a process may wait for a device. What
    /// it kills may leave behind children of its own. Call it when no subject runs.
    pub fn kill_all(&self) {
        kill_while(|| children().unwrap_or_default());
    }

    /// Kills subjects that run too, and every other child. What waits for them on other threads
    /// gets errors, so the process must end now.
    pub fn kill_everything(&self) {
        kill_while(children_of_all_threads);
    }
}

/// Kills what `children` returns, until it returns nothing.
fn kill_while(children: impl Fn() -> Vec<Pid>) {
    let began = Instant::now();
    loop {
        let children = children();
        for &child in &children {
            // Nobody has taken its status, so the number is still its own. Nothing can be done
            // about an error.
            let _ = kill_process(child, Signal::KILL);
            take_status(child);
        }
        if children.is_empty() || began.elapsed() >= ENDING {
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Takes the status of a child, if it has ended.
fn take_status(child: Pid) {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
    // An error would be that it is no child, and it is one until its status is taken.
    let _ = waitid(WaitId::Pid(child), options);
}

/// The children of the main thread; `None` if the operating system does not list them.
fn children() -> Option<Vec<Pid>> {
    children_of(&getpid().to_string())
}

fn children_of_all_threads() -> Vec<Pid> {
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten();
    let names = threads.filter_map(|thread| thread.ok()?.file_name().into_string().ok());
    names
        .filter_map(|name| children_of(&name))
        .flatten()
        .collect()
}

fn children_of(thread: &str) -> Option<Vec<Pid>> {
    let text = fs::read_to_string(format!("/proc/self/task/{thread}/children")).ok()?;
    let numbers = text.split_whitespace().map(str::parse);
    numbers.map(|number| Pid::from_raw(number.ok()?)).collect()
}
