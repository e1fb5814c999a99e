//! Addition and subtraction.

use super::computation::{Computation, Inputs, Outcome};
use super::form::Role;
use super::op::Op;
use crate::state::Flag;
use iced_x86::{Instruction, Mnemonic};

pub(super) fn prepare(instruction: &Instruction) -> Option<Op> {
    let (first, computation): (_, Computation) = match instruction.mnemonic() {
        Mnemonic::Add => (Role::Modified, |i| sum(i, false)),
        Mnemonic::Adc => (Role::Modified, |i| sum(i, i.has(Flag::Carry))),
        Mnemonic::Sub => (Role::Modified, |i| difference(i, false)),
        Mnemonic::Sbb => (Role::Modified, |i| difference(i, i.has(Flag::Carry))),
        Mnemonic::Cmp => (Role::Read, |i| difference(i, false)),
        Mnemonic::Inc => (Role::Modified, |i| {
            keep_carry(i, sum(&Inputs { b: 1, ..*i }, false))
        }),
        Mnemonic::Dec => (Role::Modified, |i| {
            keep_carry(i, difference(&Inputs { b: 1, ..*i }, false))
        }),
        Mnemonic::Neg => (Role::Modified, |i| {
            difference(&Inputs { a: 0, b: i.a, ..*i }, false)
        }),
        Mnemonic::Adcx => (Role::Modified, |i| add_with(Flag::Carry, i)),
        Mnemonic::Adox => (Role::Modified, |i| add_with(Flag::Overflow, i)),
        _ => return None,
    };
    Op::new(first, computation, instruction)
}

pub(super) fn sum(inputs: &Inputs, carry: bool) -> Outcome {
    let Inputs { a, b, size, .. } = *inputs;
    let outcome = inputs.result(a.wrapping_add(b).wrapping_add(carry.into()));
    let value = outcome.value;
    // The carry out of every bit.
    let carries = a & b | (a | b) & !value;
    outcome
        .with(Flag::Carry, size.is_negative(carries))
        .with(Flag::Adjust, carries & 8 != 0)
        .with(Flag::Overflow, size.is_negative((a ^ value) & (b ^ value)))
}

pub(super) fn difference(inputs: &Inputs, borrow: bool) -> Outcome {
    let Inputs { a, b, size, .. } = *inputs;
    let outcome = inputs.result(a.wrapping_sub(b).wrapping_sub(borrow.into()));
    let value = outcome.value;
    // The borrow out of every bit.
    let borrows = !a & b | (!a | b) & value;
    outcome
        .with(Flag::Carry, size.is_negative(borrows))
        .with(Flag::Adjust, borrows & 8 != 0)
        .with(Flag::Overflow, size.is_negative((a ^ b) & (a ^ value)))
}

const fn keep_carry(inputs: &Inputs, outcome: Outcome) -> Outcome {
    outcome.with(Flag::Carry, inputs.has(Flag::Carry))
}

/// An addition whose carry comes from one flag and goes there; the others stay.
fn add_with(flag: Flag, inputs: &Inputs) -> Outcome {
    let outcome = sum(inputs, inputs.has(flag));
    let carry = outcome.flags & Flag::Carry.mask() != 0;
    inputs.value(outcome.value).with(flag, carry)
}
