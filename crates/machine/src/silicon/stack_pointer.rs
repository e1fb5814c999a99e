//! Instructions that use the stack pointer as an operand. They get another register in its place,
//! since the one of the CPU stays this thread's.

use crate::state::State;
use iced_x86::{Instruction, OpKind, Register};

/// `instruction` with another register in the place of RSP, and the number of that register; `None`
/// if it does not use RSP.
pub(super) fn replaced(instruction: &Instruction) -> (Instruction, Option<usize>) {
    let is_stack_pointer = |register: Register| register.full_register() == Register::RSP;
    let used = registers(instruction);
    if !used.iter().copied().any(is_stack_pointer) {
        return (*instruction, None);
    }
    // Instructions use those by name only, and at most four registers.
    let is_free = |number: &u32| {
        let register = Register::R8 + *number;
        used.iter().all(|used| used.full_register() != register)
    };
    let number = (0..8).find(is_free).expect("eight are more than four");
    let other = |register: Register| match register.size() {
        8 => Register::R8 + number,
        4 => Register::R8D + number,
        2 => Register::R8W + number,
        _ => Register::R8L + number,
    };
    let mut instruction = *instruction;
    for index in 0..instruction.op_count() {
        if instruction.op_kind(index) == OpKind::Register
            && is_stack_pointer(instruction.op_register(index))
        {
            instruction.set_op_register(index, other(instruction.op_register(index)));
        }
    }
    if is_stack_pointer(instruction.memory_base()) {
        instruction.set_memory_base(other(instruction.memory_base()));
    }
    (instruction, Some(8 + number as usize))
}

/// Every register that the instruction names.
fn registers(instruction: &Instruction) -> Vec<Register> {
    let operands = (0..instruction.op_count())
        .filter(|index| instruction.op_kind(*index) == OpKind::Register)
        .map(|index| instruction.op_register(index));
    let address = [instruction.memory_base(), instruction.memory_index()];
    operands.chain(address).collect()
}

/// While an instruction runs, the register that it names holds the stack pointer, and the other way
/// round.
#[inline]
pub(super) fn exchange(state: &mut State, number: Option<usize>) {
    if let Some(number) = number {
        state.general.swap(State::RSP, number);
    }
}
