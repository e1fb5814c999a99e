//! Shifts and rotations.

use super::computation::{Computation, Inputs, Outcome};
use super::form::Role;
use super::op::Op;
use super::size::Size;
use crate::state::Flag;
use iced_x86::{Instruction, Mnemonic};

pub(super) fn prepare(instruction: &Instruction) -> Option<Op> {
    let (first, computation): (_, Computation) = match instruction.mnemonic() {
        Mnemonic::Shl | Mnemonic::Sal => (Role::Modified, |i| counted(i, i.b, left)),
        Mnemonic::Shr => (Role::Modified, |i| counted(i, i.b, right)),
        Mnemonic::Sar => (Role::Modified, |i| counted(i, i.b, arithmetic_right)),
        Mnemonic::Rol => (Role::Modified, |i| counted(i, i.b, rotate_left)),
        Mnemonic::Ror => (Role::Modified, |i| counted(i, i.b, rotate_right)),
        Mnemonic::Rcl => (Role::Modified, |i| counted(i, i.b, rotate_carry_left)),
        Mnemonic::Rcr => (Role::Modified, |i| counted(i, i.b, rotate_carry_right)),
        Mnemonic::Shld => (Role::Modified, |i| counted(i, i.c, double_left)),
        Mnemonic::Shrd => (Role::Modified, |i| counted(i, i.c, double_right)),
        Mnemonic::Shlx => (Role::Written, |i| i.value(i.a << count(i, i.b))),
        Mnemonic::Shrx => (Role::Written, |i| i.value(i.a >> count(i, i.b))),
        Mnemonic::Sarx => (Role::Written, |i| {
            i.value((i.size.extend(i.a) as i64 >> count(i, i.b)) as u64)
        }),
        Mnemonic::Rorx => (Role::Written, |i| {
            i.value(rotated_left(i.a, i.size, i.size.bits() - count(i, i.b)))
        }),
        _ => return None,
    };
    Op::new(first, computation, instruction)
}

/// How far: the lowest 5 bits, 6 in operations of 64 bits.
const fn count(inputs: &Inputs, count: u64) -> u32 {
    let max = if matches!(inputs.size, Size::Quad) {
        63
    } else {
        31
    };
    count as u32 & max
}

/// A shift by nothing changes no flag.
#[inline]
fn counted(inputs: &Inputs, by: u64, shift: fn(&Inputs, u32) -> Outcome) -> Outcome {
    match count(inputs, by) {
        0 => inputs.value(inputs.a),
        count => shift(inputs, count),
    }
}

const fn bit(value: u64, index: u32) -> bool {
    value >> index & 1 != 0
}

fn left(inputs: &Inputs, count: u32) -> Outcome {
    let Inputs { a, size, .. } = *inputs;
    let carry = count <= size.bits() && bit(a, size.bits() - count);
    let outcome = inputs.result(a << count);
    let overflow = size.is_negative(outcome.value) != carry;
    outcome
        .with(Flag::Carry, carry)
        .with(Flag::Overflow, overflow)
}

fn right(inputs: &Inputs, count: u32) -> Outcome {
    let Inputs { a, size, .. } = *inputs;
    inputs
        .result(a >> count)
        .with(Flag::Carry, bit(a, count - 1))
        .with(Flag::Overflow, size.is_negative(a))
}

fn arithmetic_right(inputs: &Inputs, count: u32) -> Outcome {
    let a = inputs.size.extend(inputs.a);
    inputs
        .result((a as i64 >> count) as u64)
        .with(Flag::Carry, bit(a, count - 1))
}

/// `a`, rotated by at most 64 bits.
const fn rotated_left(a: u64, size: Size, count: u32) -> u64 {
    let count = count % size.bits();
    if count == 0 {
        return a;
    }
    (a << count | a >> (size.bits() - count)) & size.mask()
}

fn rotate_left(inputs: &Inputs, count: u32) -> Outcome {
    let Inputs { a, size, .. } = *inputs;
    let value = rotated_left(a, size, count);
    let carry = bit(value, 0);
    inputs
        .value(value)
        .with(Flag::Carry, carry)
        .with(Flag::Overflow, size.is_negative(value) != carry)
}

fn rotate_right(inputs: &Inputs, count: u32) -> Outcome {
    let Inputs { a, size, .. } = *inputs;
    let value = rotated_left(a, size, size.bits() - count % size.bits());
    let carry = size.is_negative(value);
    inputs
        .value(value)
        .with(Flag::Carry, carry)
        .with(Flag::Overflow, bit(value, size.bits() - 2) != carry)
}

/// The operand with the carry above it, rotated left within one bit more than the size.
fn rotated_with_carry(inputs: &Inputs, count: u32) -> (u64, bool) {
    let Inputs { a, size, .. } = *inputs;
    let bits = size.bits() + 1;
    let count = count % bits;
    let whole = u128::from(a) | u128::from(inputs.has(Flag::Carry)) << size.bits();
    let rotated = whole << count | whole >> (bits - count);
    (
        rotated as u64 & size.mask(),
        rotated >> size.bits() & 1 != 0,
    )
}

fn rotate_carry_left(inputs: &Inputs, count: u32) -> Outcome {
    let (value, carry) = rotated_with_carry(inputs, count);
    inputs
        .value(value)
        .with(Flag::Carry, carry)
        .with(Flag::Overflow, inputs.size.is_negative(value) != carry)
}

fn rotate_carry_right(inputs: &Inputs, count: u32) -> Outcome {
    let bits = inputs.size.bits() + 1;
    let (value, carry) = rotated_with_carry(inputs, bits - count % bits);
    let overflow = inputs.size.is_negative(value ^ value << 1);
    inputs
        .value(value)
        .with(Flag::Carry, carry)
        .with(Flag::Overflow, overflow)
}

/// `a` with the highest bits of `b` behind it. A count above 16 in an operation of 16 bits is
/// undefined.
fn double_left(inputs: &Inputs, count: u32) -> Outcome {
    let Inputs { a, b, size, .. } = *inputs;
    let whole = (u128::from(a) << size.bits() | u128::from(b)) << count;
    let carry = count <= size.bits() && bit(a, size.bits() - count);
    let outcome = inputs.result((whole >> size.bits()) as u64);
    with_sign_change(inputs, outcome).with(Flag::Carry, carry)
}

/// `a` with the lowest bits of `b` before it. A count above 16 in an operation of 16 bits is
/// undefined.
fn double_right(inputs: &Inputs, count: u32) -> Outcome {
    let Inputs { a, b, size, .. } = *inputs;
    let whole = u128::from(b) << size.bits() | u128::from(a);
    let outcome = inputs.result((whole >> count) as u64);
    let carry = whole >> (count - 1) & 1 != 0;
    with_sign_change(inputs, outcome).with(Flag::Carry, carry)
}

const fn with_sign_change(inputs: &Inputs, outcome: Outcome) -> Outcome {
    let changes = inputs.size.is_negative(inputs.a ^ outcome.value);
    outcome.with(Flag::Overflow, changes)
}
