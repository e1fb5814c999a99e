//! What a worker writes down about a call that did not return.

use super::shared_block::SharedBlock;
use super::whereabouts::Whereabouts;
use crcheck_platform::signal::Caught;

/// Writes down that a call did not return. Returns `false` if there is no room for another.
pub(super) fn report_stop(block: &SharedBlock, index: usize, caught: &Caught) -> bool {
    match caught {
        Caught::Signal(signal) => block.add_stop(index, signal, &Whereabouts::of(signal)),
        // A panic does not get here: out of a C function of Rust it aborts the process. The parent
        // watches the time of a worker's calls.
        Caught::Panic(_) | Caught::Thrown(_) | Caught::Late(_) => true,
    }
}
