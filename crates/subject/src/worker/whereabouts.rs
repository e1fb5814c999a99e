//! What a worker tells of a stop besides its signal: where the code stands.

use crcheck_platform::code::place::Place;
use crcheck_platform::raw_entry::is_near_state;
use crcheck_platform::signal::Signal;

/// Where the code of a stop stands, as its worker sees it. The worker may be broken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Whereabouts {
    /// The place of the instruction.
    pub(super) place: Option<Place>,
    /// The place that the code may return to.
    pub(super) returns_to: Option<Place>,
    /// Whether the access was beside the memory of a stream's state.
    pub(super) is_beside_state: bool,
}

impl Whereabouts {
    /// Of a signal of this process.
    pub(super) fn of(signal: &Signal) -> Self {
        Self {
            place: Place::of(signal.instruction_pointer),
            returns_to: Place::of(signal.stack_word as usize),
            is_beside_state: signal.address.is_some_and(is_near_state),
        }
    }
}
