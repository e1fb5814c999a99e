//! Instructions that find, count, test, extract or deposit bits.

use super::computation::{Computation, Inputs, Outcome};
use super::form::{Form, Role};
use super::op::Op;
use super::operand::Operand;
use crate::state::Flag;
use iced_x86::{Instruction, Mnemonic};

pub(super) fn prepare(instruction: &Instruction) -> Option<Op> {
    let (first, computation): (_, Computation) = match instruction.mnemonic() {
        Mnemonic::Bt => return tested(Role::Read, test, instruction),
        Mnemonic::Bts => return tested(Role::Modified, |i| change(i, i.a | mask(i)), instruction),
        Mnemonic::Btr => return tested(Role::Modified, |i| change(i, i.a & !mask(i)), instruction),
        Mnemonic::Btc => return tested(Role::Modified, |i| change(i, i.a ^ mask(i)), instruction),
        Mnemonic::Bsf => return scan(|i| found(i, i.b.trailing_zeros()), instruction),
        Mnemonic::Bsr => return scan(|i| found(i, 63 ^ i.b.leading_zeros()), instruction),
        Mnemonic::Popcnt => (Role::Written, count_ones),
        Mnemonic::Tzcnt => (Role::Written, |i| {
            count_zeros(i, i.a.trailing_zeros().min(i.size.bits()))
        }),
        Mnemonic::Lzcnt => (Role::Written, |i| {
            count_zeros(i, i.a.leading_zeros() - (64 - i.size.bits()))
        }),
        Mnemonic::Blsi => (Role::Written, |i| {
            i.result(i.a & i.a.wrapping_neg())
                .with(Flag::Carry, i.a != 0)
        }),
        Mnemonic::Blsmsk => (Role::Written, |i| {
            i.result(i.a ^ i.a.wrapping_sub(1))
                .with(Flag::Carry, i.a == 0)
        }),
        Mnemonic::Blsr => (Role::Written, |i| {
            i.result(i.a & i.a.wrapping_sub(1))
                .with(Flag::Carry, i.a == 0)
        }),
        Mnemonic::Bextr => (Role::Written, extract),
        Mnemonic::Bzhi => (Role::Written, clear_high),
        Mnemonic::Pdep => (Role::Written, deposit_parallel),
        Mnemonic::Pext => (Role::Written, extract_parallel),
        _ => return None,
    };
    Op::new(first, computation, instruction)
}

/// BT and its relatives. A register as the second operand reaches beyond a first one in memory.
fn tested(first: Role, computation: Computation, instruction: &Instruction) -> Option<Op> {
    let mut form = Form::new(first, instruction)?;
    if let [Operand::Memory(size), Operand::Register(index), _] = form.from {
        let element = Operand::BitOfMemory(size, index);
        form.from[0] = element;
        if form.to.is_memory() {
            form.to = element;
        }
    }
    Some(Op::computing(form, computation))
}

const fn mask(inputs: &Inputs) -> u64 {
    1 << (inputs.b % inputs.size.bits() as u64)
}

const fn test(inputs: &Inputs) -> Outcome {
    change(inputs, 0)
}

/// A value; the carry is the bit as it was.
const fn change(inputs: &Inputs, value: u64) -> Outcome {
    let is_set = inputs.a & mask(inputs) != 0;
    inputs.value(value).with(Flag::Carry, is_set)
}

/// BSF and BSR. A source of zero leaves the whole destination as it was, as AMD documents and
/// Intel's CPUs do.
fn scan(computation: Computation, instruction: &Instruction) -> Option<Op> {
    let mut form = Form::new(Role::Modified, instruction)?;
    form.to = form.to.whole();
    form.from[0] = form.to;
    Some(Op::computing(form, computation))
}

fn found(inputs: &Inputs, index: u32) -> Outcome {
    let is_zero = inputs.b == 0;
    inputs
        .value(if is_zero { inputs.a } else { index.into() })
        .with(Flag::Zero, is_zero)
}

fn count_ones(inputs: &Inputs) -> Outcome {
    let cleared = inputs.result(0).with(Flag::Parity, false);
    Outcome {
        value: inputs.a.count_ones().into(),
        ..cleared
    }
    .with(Flag::Zero, inputs.a == 0)
}

fn count_zeros(inputs: &Inputs, count: u32) -> Outcome {
    inputs
        .value(count.into())
        .with(Flag::Carry, inputs.a == 0)
        .with(Flag::Zero, count == 0)
}

/// The lowest `count` bits.
const fn low_bits(count: u64) -> u64 {
    if count < 64 {
        (1 << count) - 1
    } else {
        u64::MAX
    }
}

/// BEXTR: `b` states the first bit in its lowest byte, and how many in the next one.
fn extract(inputs: &Inputs) -> Outcome {
    let Inputs { a, b, .. } = *inputs;
    let from_first = u32::try_from(b & 0xff).map_or(0, |first| a.checked_shr(first).unwrap_or(0));
    inputs.result(from_first & low_bits(b >> 8 & 0xff))
}

fn clear_high(inputs: &Inputs) -> Outcome {
    let count = inputs.b & 0xff;
    inputs
        .result(inputs.a & low_bits(count))
        .with(Flag::Carry, count >= inputs.size.bits().into())
}

/// The bits that are set, one by one, the lowest first.
fn set_bits(mut mask: u64) -> impl Iterator<Item = u64> {
    std::iter::from_fn(move || {
        let lowest = mask & mask.wrapping_neg();
        mask ^= lowest;
        (lowest != 0).then_some(lowest)
    })
}

/// PDEP: the lowest bits of `a` go where `b` has ones.
fn deposit_parallel(inputs: &Inputs) -> Outcome {
    let bits = set_bits(inputs.b).enumerate();
    let chosen = bits.filter(|(index, _)| inputs.a >> index & 1 != 0);
    inputs.value(chosen.map(|(_, bit)| bit).sum())
}

/// PEXT: the bits of `a` where `b` has ones go to the lowest bits.
fn extract_parallel(inputs: &Inputs) -> Outcome {
    let bits = set_bits(inputs.b).enumerate();
    let chosen = bits.filter(|(_, bit)| inputs.a & bit != 0);
    inputs.value(chosen.map(|(index, _)| 1 << index).sum())
}
