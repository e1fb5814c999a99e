//! The pair of accumulators: rDX with rAX, or AH with AL.

use super::operand::Part;
use super::size::Size;
use crate::state::State;

const fn parts(size: Size) -> [Part; 2] {
    let high = match size {
        Size::Byte => Part::AH,
        _ => Part::low(State::RDX, size),
    };
    [Part::low(State::RAX, size), high]
}

/// Both halves as one number.
pub(super) fn pair(size: Size, state: &State) -> u128 {
    let [low, high] = parts(size).map(|part| u128::from(part.read(state)));
    high << size.bits() | low
}

/// Writes the low half, then the high one.
pub(super) fn set_pair(size: Size, [low, high]: [u64; 2], state: &mut State) {
    let [to_low, to_high] = parts(size);
    to_low.write(state, low);
    to_high.write(state, high);
}
