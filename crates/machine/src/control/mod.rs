//! The instructions that belong to the machine: branches, the stack, strings, CPUID, and those that
//! leave the function.

mod branch;
mod identify;
mod operand;
mod stack;
mod string;
mod system;

use crate::cpu::Cpu;
use crate::fault::Fault;
use crate::memory::Memory;
use crate::state::State;
use iced_x86::Instruction;

/// A prepared instruction.
#[derive(Debug)]
pub(crate) enum Op {
    Branch(branch::Op),
    Stack(stack::Op),
    String(string::Op),
    Identify(identify::Op),
    /// It always stops the call.
    Stop(Fault),
}

impl Op {
    /// Whether the next instruction is another one than that behind it.
    pub(crate) fn ends_block(&self) -> bool {
        matches!(self, Self::Branch(_) | Self::Stop(_))
    }
}

/// Prepares `instruction`; `None` if it is not of the machine.
pub(crate) fn prepare(instruction: &Instruction) -> Option<Op> {
    let branch = branch::prepare(instruction).map(Op::Branch);
    branch
        .or_else(|| stack::prepare(instruction).map(Op::Stack))
        .or_else(|| string::prepare(instruction).map(Op::String))
        .or_else(|| identify::prepare(instruction).map(Op::Identify))
        .or_else(|| system::stop(instruction).map(Op::Stop))
}

/// Executes it. [`State::ip`] is the address behind it; a branch that is taken changes that.
/// Returns how many steps it takes beyond one, at most `budget`.
///
/// # Errors
/// What has stopped it. A string instruction has then gone as far as it could.
#[inline]
pub(crate) fn execute(
    op: &Op,
    state: &mut State,
    memory: &mut Memory,
    cpu: &Cpu,
    budget: u64,
) -> Result<u64, Fault> {
    match op {
        Op::Branch(op) => branch::execute(op, state, memory)?,
        Op::Stack(op) => stack::execute(op, state, memory)?,
        Op::String(op) => return string::execute(op, state, memory, budget),
        Op::Identify(op) => identify::execute(*op, state, cpu)?,
        Op::Stop(fault) => return Err(fault.clone()),
    }
    Ok(0)
}
