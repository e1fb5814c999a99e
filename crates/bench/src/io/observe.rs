//! A pass in a process of its own that is not timed: its memory, and its system calls.
//!
//! A process that has read other ways before has memory of theirs. A traced one is slow.

use crate::io::counters::Footprint;
use crate::io::method::IoMethod;
use crate::io::reader::{PassError, Reader, Watch};
use crate::io::setup::Setup;
use crate::io::test_file::FileAt;
use crcheck_platform::emulation::is_emulated;
use crcheck_platform::traced_calls;
use serde::{Deserialize, Serialize};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How often in a pass its memory is looked at.
const LOOKS: u64 = 8;

/// Passes of more calls than this are not traced: each call takes some ten microseconds then.
const TRACED_CALLS_MAX: u64 = 20_000;

/// What a pass takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Observation {
    /// The memory before the pass.
    pub before: Option<Footprint>,
    /// The largest memory during the pass.
    pub peak: Option<Footprint>,
    /// All system calls of the pass; `None` if nobody may trace it, or it makes too many.
    pub calls: Option<u64>,
}

/// The memory of a pass, which the process of the pass prints as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Looks {
    before: Option<Footprint>,
    peak: Option<Footprint>,
}

/// Makes passes in this process, for another one that traces it: one that looks at its memory, and
/// one between two marks if that is asked for. Returns the JSON to print.
///
/// # Errors
/// Why there is no pass.
pub fn make_passes(
    reader: &dyn Reader,
    file: FileAt<'_>,
    setup: &Setup,
    is_marked: bool,
) -> Result<String, PassError> {
    let before = Footprint::now();
    let peak = Mutex::new(before);
    let (done, next) = (AtomicU64::new(0), AtomicU64::new(0));
    let step = (file.len_bytes / LOOKS).max(1);
    let look = |bytes: u64| {
        let now = done.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if now < next.load(Ordering::Relaxed) && now < file.len_bytes {
            return;
        }
        next.store(now + step, Ordering::Relaxed);
        if let Ok(mut peak) = peak.lock() {
            *peak = peak.zip(Footprint::now()).map(|(peak, now)| peak.max(now));
        }
    };
    let cancelled = AtomicBool::new(false);
    let watch = |on_progress| Watch {
        on_progress,
        cancelled: &cancelled,
    };
    reader.pass(file, setup, watch(&look))?;
    if is_marked {
        traced_calls::mark();
        let passed = reader.pass(file, setup, watch(&|_| ()));
        traced_calls::mark();
        passed?;
    }
    let peak = peak.into_inner().ok().flatten();
    let json = serde_json::to_string(&Looks { before, peak });
    Ok(json.expect("plain data is always JSON"))
}

/// The command that makes the passes over a file; the last argument says whether it makes marks.
pub type Starter<'a> = dyn Fn(FileAt<'_>, &Setup, bool) -> Command + 'a;

/// Has another process make the passes. What it cannot tell is `None`.
pub fn observe(
    command: &Starter<'_>,
    file: FileAt<'_>,
    setup: &Setup,
    cancelled: &AtomicBool,
) -> Observation {
    // It would start on the real CPU.
    if is_emulated() {
        return Observation::default();
    }
    let is_marked = calls_at_least(file, setup) <= TRACED_CALLS_MAX;
    let mut command = command(file, setup, is_marked);
    // What it cannot do, a pass of this process says.
    command.stderr(Stdio::null());
    let Ok(traced) = traced_calls::run(&mut command, cancelled) else {
        return Observation::default();
    };
    let looks = serde_json::from_str::<Looks>(&traced.stdout).ok();
    let looks = looks.filter(|_| traced.has_succeeded);
    Observation {
        before: looks.and_then(|looks| looks.before),
        peak: looks.and_then(|looks| looks.peak),
        calls: traced.calls.filter(|_| looks.is_some()),
    }
}

/// How many reads a pass needs.
fn calls_at_least(file: FileAt<'_>, setup: &Setup) -> u64 {
    match (setup.method, setup.buffer_bytes) {
        // These need none.
        (IoMethod::RandomMmap, _) | (_, None) => 0,
        (_, Some(bytes)) => file.len_bytes / bytes as u64,
    }
}
