//! The first SIGINT ends a run at the next case. The second ends the process.

use crate::failure::Failure;
use crcheck_harness::report::verdict::ExitCode;
use signal_hook::consts::SIGINT;
use signal_hook::flag;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The flag that SIGINT sets.
pub(crate) fn flag() -> Result<Arc<AtomicBool>, Failure> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let second = ExitCode::Interrupted as i32;
    // The order matters: the first signal finds the flag unset, and then sets it.
    flag::register_conditional_shutdown(SIGINT, second, Arc::clone(&interrupted))
        .and_then(|_| flag::register(SIGINT, Arc::clone(&interrupted)))
        .map_err(|error| Failure::new(ExitCode::Io, format!("cannot handle SIGINT: {error}")))?;
    Ok(interrupted)
}
