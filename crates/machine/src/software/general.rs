//! Instructions on general registers.

use crate::fault::Fault;
use crate::memory::Memory;
use crate::state::State;
use iced_x86::Instruction;

/// A prepared instruction.
#[derive(Debug)]
pub struct Op {}

/// Prepares `instruction`; `None` if it is not known here.
pub(super) fn prepare(instruction: &Instruction) -> Option<Op> {
    let _ = instruction;
    None
}

/// Executes it.
#[inline]
pub(super) fn execute(op: &Op, state: &mut State, memory: &mut Memory) -> Result<(), Fault> {
    let _ = (op, state, memory);
    Err(Fault::NotModelled)
}
