//! Boolean operations.

use super::computation::Computation;
use super::form::Role;
use super::op::Op;
use iced_x86::{Instruction, Mnemonic};

pub(super) fn prepare(instruction: &Instruction) -> Option<Op> {
    let (first, computation): (_, Computation) = match instruction.mnemonic() {
        Mnemonic::And => (Role::Modified, |i| i.result(i.a & i.b)),
        Mnemonic::Or => (Role::Modified, |i| i.result(i.a | i.b)),
        Mnemonic::Xor => (Role::Modified, |i| i.result(i.a ^ i.b)),
        Mnemonic::Test => (Role::Read, |i| i.result(i.a & i.b)),
        Mnemonic::Not => (Role::Modified, |i| i.value(!i.a)),
        Mnemonic::Andn => (Role::Written, |i| i.result(!i.a & i.b)),
        _ => return None,
    };
    Op::new(first, computation, instruction)
}
