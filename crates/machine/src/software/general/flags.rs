//! Instructions on the flags themselves.

use super::computation::{Computation, Inputs, Outcome};
use super::form::Form;
use super::op::Op;
use super::operand::{Operand, Part};
use crate::state::Flag;
use iced_x86::{Instruction, Mnemonic};

/// The flags that LAHF and SAHF move: all arithmetic ones but overflow.
const LOW: u64 = Flag::ARITHMETIC & 0xff;

pub(super) fn prepare(instruction: &Instruction) -> Option<Op> {
    let (to, from) = match instruction.mnemonic() {
        Mnemonic::Lahf => (Operand::Register(Part::AH), Operand::Absent),
        Mnemonic::Sahf => (Operand::Absent, Operand::Register(Part::AH)),
        _ => (Operand::Absent, Operand::Absent),
    };
    let computation: Computation = match instruction.mnemonic() {
        // The bit between adjust and carry is always set.
        Mnemonic::Lahf => |i| i.value(i.flags & LOW | 2),
        Mnemonic::Sahf => load,
        Mnemonic::Clc => |i| i.value(0).with(Flag::Carry, false),
        Mnemonic::Stc => |i| i.value(0).with(Flag::Carry, true),
        Mnemonic::Cmc => |i| i.value(0).with(Flag::Carry, !i.has(Flag::Carry)),
        Mnemonic::Cld => |i| i.value(0).with(Flag::Direction, false),
        Mnemonic::Std => |i| i.value(0).with(Flag::Direction, true),
        _ => return None,
    };
    Some(Op::computing(
        Form::implied(to, from, instruction)?,
        computation,
    ))
}

const fn load(inputs: &Inputs) -> Outcome {
    Outcome {
        value: 0,
        flags: inputs.flags & !LOW | inputs.a & LOW,
    }
}
