//! Instructions on general registers.
//!
//! Each family of instructions maps mnemonics to what they compute. From the ground up: a size,
//! operands, the form of an instruction, computations on values, the prepared instruction, and the
//! families.

mod accumulator;
mod arithmetic;
mod bits;
mod computation;
mod conditions;
mod crc32;
mod exchange;
mod flags;
mod form;
mod logic;
mod moves;
mod multiplication;
mod op;
mod operand;
mod shifts;
mod size;

use crate::fault::Fault;
use crate::memory::Memory;
use crate::state::State;
use iced_x86::Instruction;

pub(super) use op::Op;

const FAMILIES: [fn(&Instruction) -> Option<Op>; 10] = [
    moves::prepare,
    arithmetic::prepare,
    logic::prepare,
    shifts::prepare,
    conditions::prepare,
    multiplication::prepare,
    bits::prepare,
    crc32::prepare,
    exchange::prepare,
    flags::prepare,
];

/// Prepares `instruction`; `None` if it is not known here.
pub(super) fn prepare(instruction: &Instruction) -> Option<Op> {
    FAMILIES.iter().find_map(|prepare| prepare(instruction))
}

/// Executes it.
#[inline]
pub(super) fn execute(op: &Op, state: &mut State, memory: &mut Memory) -> Result<(), Fault> {
    op.execute(state, memory)
}
