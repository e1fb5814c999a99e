//! Ending as another program ended.

use crate::failure::Failure;
use crcheck_harness::platform::leftovers;
use crcheck_harness::report::verdict::ExitCode;
use signal_hook::consts::{SIGHUP, SIGILL, SIGINT, SIGTERM};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// Ends with the exit code of a program, or fails with the signal that ended it.
pub(crate) fn end_like(status: ExitStatus) -> Result<ExitCode, Failure> {
    if let Some(code) = status.code() {
        // An exit code has eight bits.
        leftovers::end(code as u8);
    }
    let signal = status.signal().unwrap_or_default();
    let code = match signal {
        SIGILL => ExitCode::Found,
        // It had not begun to handle them.
        SIGINT | SIGTERM | SIGHUP => ExitCode::Interrupted,
        _ => ExitCode::Io,
    };
    Err(Failure::new(
        code,
        format!("signal {signal} ended the program"),
    ))
}
