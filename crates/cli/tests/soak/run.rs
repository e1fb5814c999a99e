//! One run of crcheck, watched from outside.

use crate::arena::Arena;
use crate::common::CRCHECK;
use rustix::process::{Pid, Signal, getpid, kill_process};
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

/// Whether somebody asked the soak to stop.
pub(crate) static STOPPED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// How long a program may take to begin: before its first line, a signal does what it always does.
const STARTING: Duration = Duration::from_millis(500);

/// What went wrong, in the columns of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// It had not ended when it had to.
    Hung,
    /// A signal ended crcheck, or it panicked.
    Died,
    /// A process, a file or an object is there that was not there before, or the outside was
    /// reached.
    LeftBehind,
    /// It passed what is wrong.
    WronglyGreen,
    /// It did not pass what is right.
    WronglyRed,
    /// Its exit code is not of its list, or its output is not whole.
    EndedWrong,
}

pub(crate) const FAULTS: [(Fault, &str); 6] = [
    (Fault::Hung, "hung"),
    (Fault::Died, "crcheck died"),
    (Fault::LeftBehind, "left behind"),
    (Fault::WronglyGreen, "wrongly green"),
    (Fault::WronglyRed, "wrongly red"),
    (Fault::EndedWrong, "ended wrong"),
];

/// What a run is.
pub(crate) struct Run {
    pub(crate) program: &'static str,
    pub(crate) words: Vec<String>,
    /// When it must have ended.
    pub(crate) limit: Duration,
    /// The signals that it gets, each so long after the one before.
    pub(crate) signals: Vec<(Duration, Signal)>,
}

impl Run {
    pub(crate) fn new(line: &str, limit: Duration) -> Self {
        Self {
            program: CRCHECK,
            words: shlex::split(line).expect("quotation marks in pairs"),
            limit,
            signals: Vec::new(),
        }
    }
}

/// How a run ended.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) faults: Vec<(Fault, String)>,
    pub(crate) time: Duration,
}

/// Runs crcheck in a process group of its own, and looks at what is then left.
pub(crate) fn run(arena: &Arena, run: &Run) -> Ended {
    let work = arena.work();
    let [stdout, stderr] = ["stdout", "stderr"].map(|name| work.join(name));
    let to = |path| File::create(path).expect("a file");
    let mut command = arena.command(run.program);
    command
        .args(&run.words)
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(to(&stdout))
        .stderr(to(&stderr));
    let mut child = command.spawn().expect("crcheck starts");
    let mut faults = Vec::new();
    let began = Instant::now();
    let status = wait(&mut child, run, &mut faults);
    let time = began.elapsed();
    if status.is_none() {
        arena.clear();
        child.wait().expect("it is a child");
    }
    let [stdout, stderr] = [stdout, stderr].map(|path| beginning(&path));
    if let Some(status) = status {
        let signal = status.signal().filter(|_| !is_stopped());
        if let Some(signal) = signal {
            faults.push((Fault::Died, format!("signal {signal} ended crcheck")));
        }
        if status.code() == Some(101) || stderr.contains("panicked at") {
            let panic = stderr.lines().find(|line| line.contains("panicked at"));
            let panic = panic.unwrap_or("exit code 101").to_owned();
            faults.push((Fault::Died, panic));
        }
    }
    let left = arena.left();
    // What is left of a run that did not end says nothing more.
    if status.is_some() {
        faults.extend(left.into_iter().map(|text| (Fault::LeftBehind, text)));
    }
    Ended {
        code: status.and_then(|status| status.code()),
        stdout,
        stderr,
        faults,
        time,
    }
}

pub(crate) fn is_stopped() -> bool {
    STOPPED.load(Ordering::Relaxed)
}

/// Waits for the end. `None` if it does not come.
fn wait(
    child: &mut Child,
    run: &Run,
    faults: &mut Vec<(Fault, String)>,
) -> Option<std::process::ExitStatus> {
    let pid = Pid::from_child(child);
    let mut signals = run.signals.iter();
    let mut next = signals.next();
    let started = Instant::now();
    let mut began = started;
    // The child begins with that of this process, and may have changed its own by now.
    let schedule = schedule_of(getpid());
    loop {
        if let Some(status) = child.try_wait().expect("it is a child") {
            return Some(status);
        }
        if let Some(&(after, signal)) = next
            && began.elapsed() >= after
            && (started.elapsed() >= STARTING || handles(pid, signal))
        {
            // It may have ended meanwhile.
            let _ = kill_process(pid, signal);
            began = Instant::now();
            next = signals.next();
        }
        let now = schedule_of(pid);
        if now.is_some() && now != schedule {
            let text = format!("priority and policy of crcheck went from {schedule:?} to {now:?}");
            if !faults.iter().any(|(_, known)| *known == text) {
                faults.push((Fault::LeftBehind, text));
            }
        }
        if next.is_none() && began.elapsed() > run.limit {
            let state = fs::read_to_string(format!("/proc/{}/wchan", child.id()));
            let text = format!(
                "no end within {:?} ({})",
                run.limit,
                state.unwrap_or_default()
            );
            faults.push((Fault::Hung, text));
            return None;
        }
        if is_stopped() {
            return None;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Whether a process has a handler for a signal, from `/proc/PID/status`.
fn handles(pid: Pid, signal: Signal) -> bool {
    let path = format!("/proc/{}/status", pid.as_raw_nonzero());
    let status = fs::read_to_string(path).unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal.as_raw() - 1) & 1 == 1)
}

/// The nice value and the policy of a process, from `/proc/PID/stat`.
fn schedule_of(pid: Pid) -> Option<(String, String)> {
    let text = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    // The state is field 3; nice is 19, the policy 41.
    Some(((*fields.get(16)?).to_owned(), (*fields.get(38)?).to_owned()))
}

/// The first MiB of a file as text.
fn beginning(path: &std::path::Path) -> String {
    let mut bytes = Vec::new();
    let file = File::open(path).expect("the file");
    file.take(1 << 20).read_to_end(&mut bytes).expect("a file");
    String::from_utf8_lossy(&bytes).into_owned()
}
