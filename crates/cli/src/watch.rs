//! A watch over what subjects leave behind.

use crate::failure::Failure;
use crcheck_harness::report::verdict::ExitCode;
use crcheck_harness::subject::worker::LeftBehind;
use std::sync::OnceLock;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// The stack of the thread that works, like that of a main thread.
const STACK_BYTES: usize = 8 << 20;

/// The time between two looks.
const INTERVAL: Duration = Duration::from_secs(1);

/// The watch, once it is kept.
static KEPT: OnceLock<LeftBehind> = OnceLock::new();

/// Kills all that this process or a subject has started. The process must end now.
pub(crate) fn kill_everything() {
    if let Some(left_behind) = KEPT.get() {
        left_behind.kill_everything();
    }
}

/// Does `work` on a thread of its own, and returns what it returns. At the end the calling thread,
/// which must be the main thread, kills the processes that subjects have left behind.
pub(crate) fn watch(
    work: impl FnOnce() -> Result<ExitCode, Failure> + Send,
) -> Result<ExitCode, Failure> {
    let Some(left_behind) = LeftBehind::collect() else {
        return work();
    };
    let left_behind = *KEPT.get_or_init(|| left_behind);
    let ended = thread::scope(|scope| {
        // Its sender goes with the work, also at a panic.
        let (working, ended) = channel::<()>();
        let work = move || {
            let _working = working;
            work()
        };
        // A panic names the thread.
        let builder = thread::Builder::new().name("main".to_owned());
        let worker = builder.stack_size(STACK_BYTES).spawn_scoped(scope, work);
        let worker = worker.map_err(|error| {
            let text = format!("cannot start a thread: {error}");
            Failure::new(ExitCode::Io, text)
        })?;
        while ended.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
            left_behind.take_statuses();
        }
        // A panic has been reported.
        worker.join().unwrap_or(Ok(ExitCode::Bug))
    });
    left_behind.kill_all();
    ended
}
