//! The thread that works, and the one that waits for it.
//!
//! A read of a pipe or a slow disk may wait for ever, and an interrupt does not wake it. So the
//! thread that works is left behind then, and the other one writes what there is.

use crate::failure::Failure;
use crate::interrupt;
use crcheck_harness::platform::leftovers;
use crcheck_harness::report::verdict::ExitCode;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// The time between two looks.
const INTERVAL: Duration = Duration::from_millis(100);

/// How long the work may take to end after an interrupt.
const PATIENCE: Duration = Duration::from_millis(200);

/// Does `work` on a thread of its own, and calls `tick` now and then meanwhile. If the work does
/// not end after an interrupt, the process ends with the code that `give_up` returns.
pub(crate) fn run(
    work: impl FnOnce() + Send,
    tick: impl Fn(),
    give_up: impl FnOnce() -> ExitCode,
) -> Result<(), Failure> {
    thread::scope(|scope| {
        // Its sender goes with the work, also at a panic.
        let (working, ended) = channel::<()>();
        let work = move || {
            let _working = working;
            work();
        };
        // A panic names the thread.
        let builder = thread::Builder::new().name("main".to_owned());
        let worker = builder.spawn_scoped(scope, work).map_err(|error| {
            Failure::new(ExitCode::Io, format!("cannot start a thread: {error}"))
        })?;
        let mut since = None;
        while ended.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
            tick();
            if interrupt::has_come() {
                let since: &mut Instant = since.get_or_insert_with(Instant::now);
                if since.elapsed() > PATIENCE {
                    leftovers::end(give_up() as u8);
                }
            }
        }
        // A panic has been reported.
        worker
            .join()
            .map_err(|_| Failure::new(ExitCode::Bug, "crcheck has a bug"))
    })
}
