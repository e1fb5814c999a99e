//! What a worker writes down about a call that did not return.

use super::shared_block::SharedBlock;
use crate::c_function::describe_address;
use crcheck_platform::raw_entry::is_near_state;
use crcheck_platform::signal::Caught;

/// Writes down that a call did not return. Returns `false` if there is no room for another.
pub(super) fn report_stop(block: &SharedBlock, index: usize, caught: &Caught) -> bool {
    match caught {
        Caught::Signal(signal) => {
            let mut place = describe_address(signal.instruction_pointer).unwrap_or_default();
            if signal.address.is_some_and(is_near_state) && !place.is_empty() {
                place.push_str(", beside the memory of the stream's state");
            }
            block.add_stop(index, signal, &place)
        }
        // A panic does not get here: out of a C function of Rust it aborts the process. The parent
        // watches the time of a worker's calls.
        Caught::Panic(_) | Caught::Thrown(_) | Caught::Late(_) => true,
    }
}
