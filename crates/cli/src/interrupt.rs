//! SIGINT, SIGTERM, and SIGHUP: somebody asks for the end.
//!
//! The first signal ends a run at the next case, and the report says what was found. The second
//! ends the process at once. So does the first while there is nothing to report. Nothing is left
//! behind either way.

use crate::failure::Failure;
use crate::watch;
use crcheck_harness::platform::leftovers;
use crcheck_harness::report::verdict::ExitCode;
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::process::Child;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

/// Signals that follow one another in less time are one: `timeout` sends its signal to the program
/// and to its group, and a terminal's Ctrl-C reaches a program that also gets it from its parent.
const ONE_SIGNAL: Duration = Duration::from_millis(250);

/// How long a program that crcheck runs may take to end after the second signal.
const PATIENCE: Duration = Duration::from_secs(1);

/// Whether a signal has come.
static HAS_COME: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// Whether the command has a report, so that the first signal does not end it at once.
static HAS_REPORT: AtomicBool = AtomicBool::new(false);

/// Whether a signal ends the process now.
static IS_ENDING: AtomicBool = AtomicBool::new(false);

/// The child that gets the signals too; 0 if there is none.
static CHILD: AtomicI32 = AtomicI32::new(0);

/// Handles the signals from now on, on a thread of its own.
pub(crate) fn watch() -> Result<(), Failure> {
    let mut numbers = vec![SIGINT, SIGTERM];
    if !is_ignored(SIGHUP) {
        numbers.push(SIGHUP);
    }
    let cannot = |error| Failure::new(ExitCode::Io, format!("cannot handle signals: {error}"));
    let mut signals = Signals::new(numbers).map_err(cannot)?;
    let listen = move || {
        let mut first: Option<Instant> = None;
        for number in signals.forever() {
            if first.is_some_and(|first| first.elapsed() < ONE_SIGNAL) {
                continue;
            }
            HAS_COME.store(true, Ordering::SeqCst);
            let has_child = forward(number);
            if first.is_none() && HAS_REPORT.load(Ordering::SeqCst) {
                first = Some(Instant::now());
                continue;
            }
            IS_ENDING.store(true, Ordering::SeqCst);
            if has_child {
                std::thread::sleep(PATIENCE);
                forward(Signal::KILL.as_raw());
            }
            watch::kill_everything();
            leftovers::end(ExitCode::Interrupted as u8);
        }
    };
    let named = std::thread::Builder::new().name("signals".to_owned());
    named.spawn(listen).map(drop).map_err(cannot)
}

/// Whether the program that started this one has it ignore a signal, as `nohup` does.
fn is_ignored(number: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // The lowest bit is signal 1.
    ignored.is_some_and(|mask| mask >> (number - 1) & 1 == 1)
}

/// The flag that the first signal sets. From now on the command has a report.
pub(crate) fn flag() -> &'static Arc<AtomicBool> {
    HAS_REPORT.store(true, Ordering::SeqCst);
    &HAS_COME
}

/// Waits for the end if a signal ends the process now: what the command says then is that the
/// programs that it needs are killed.
pub(crate) fn let_end() {
    while IS_ENDING.load(Ordering::SeqCst) {
        std::thread::park();
    }
}

/// Whether a signal has come.
pub(crate) fn has_come() -> bool {
    HAS_COME.load(Ordering::SeqCst)
}

/// Hands signals on to a child, whose end this process waits for.
pub(crate) fn hand_on_to(child: &Child) {
    CHILD.store(Pid::from_child(child).as_raw_pid(), Ordering::SeqCst);
    // One may have come while the child began.
    if has_come() {
        forward(SIGTERM);
    }
}

/// Sends a signal to the child. Returns whether there is one.
fn forward(number: i32) -> bool {
    let child = Pid::from_raw(CHILD.load(Ordering::SeqCst));
    if let (Some(child), Some(signal)) = (child, Signal::from_named_raw(number)) {
        // It may have ended.
        let _ = kill_process(child, signal);
    }
    child.is_some()
}
