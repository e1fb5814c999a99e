//! What a worker writes down of a call that did not return.

use super::shared_block::SharedBlock;
use crate::c_function::describe_address;
use crcheck_platform::signal::Caught;

/// Writes down that a call did not return; `false` if there is no room for another.
pub(super) fn report_stop(block: &SharedBlock, index: usize, caught: &Caught) -> bool {
    match caught {
        Caught::Signal(signal) => {
            let place = describe_address(signal.instruction_pointer).unwrap_or_default();
            block.stop(index, signal, &place)
        }
        // The code is not Rust, or it is and lets a panic out of a C function: that aborts.
        Caught::Panic(_) | Caught::Thrown(_) => true,
    }
}
