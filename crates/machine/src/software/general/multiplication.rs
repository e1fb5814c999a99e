//! Multiplication and division.

use super::accumulator;
use super::computation::{Inputs, Outcome};
use super::form::{Form, Role};
use super::op::{Action, Op};
use super::operand::Part;
use super::size::Size;
use crate::fault::Fault;
use crate::memory::Memory;
use crate::state::{Flag, State};
use iced_x86::{Instruction, Mnemonic};

pub(super) fn prepare(instruction: &Instruction) -> Option<Op> {
    let (first, action): (_, Action) = match (instruction.mnemonic(), instruction.op_count()) {
        (Mnemonic::Imul, 2) => return Op::new(Role::Modified, signed_product, instruction),
        (Mnemonic::Imul, 3) => return Op::new(Role::Written, signed_product, instruction),
        (Mnemonic::Imul, 1) => (Role::Read, multiply_signed),
        (Mnemonic::Mul, 1) => (Role::Read, multiply),
        (Mnemonic::Div, 1) => (Role::Read, divide),
        (Mnemonic::Idiv, 1) => (Role::Read, divide_signed),
        (Mnemonic::Mulx, 3) => (Role::Written, multiply_without_flags),
        _ => return None,
    };
    Some(Op::acting(Form::new(first, instruction)?, action))
}

const fn signed(size: Size, value: u64) -> i128 {
    size.extend(value) as i64 as i128
}

/// The low half of a product. Carry and overflow say whether it is all.
fn signed_product(inputs: &Inputs) -> Outcome {
    let Inputs { a, b, size, .. } = *inputs;
    let product = signed(size, a) * signed(size, b);
    let overflows = product != signed(size, product as u64);
    inputs
        .value(product as u64)
        .with(Flag::Carry, overflows)
        .with(Flag::Overflow, overflows)
}

fn multiply(form: &Form, state: &mut State, memory: &mut Memory) -> Result<(), Fault> {
    let factor = form.read(form.from[0], state, memory)?;
    let product = u128::from(Part::low(State::RAX, form.size).read(state)) * u128::from(factor);
    set_product(form.size, product, product >> form.size.bits() != 0, state);
    Ok(())
}

fn multiply_signed(form: &Form, state: &mut State, memory: &mut Memory) -> Result<(), Fault> {
    let size = form.size;
    let factor = form.read(form.from[0], state, memory)?;
    let accumulator = Part::low(State::RAX, size).read(state);
    let product = signed(size, accumulator) * signed(size, factor);
    let overflows = product != signed(size, product as u64);
    set_product(size, product as u128, overflows, state);
    Ok(())
}

fn set_product(size: Size, product: u128, overflows: bool, state: &mut State) {
    let halves = [product as u64, (product >> size.bits()) as u64];
    accumulator::set_pair(size, halves, state);
    state.set(Flag::Carry, overflows);
    state.set(Flag::Overflow, overflows);
}

/// MULX: the high half goes to the first operand, and wins if both are one register.
fn multiply_without_flags(
    form: &Form,
    state: &mut State,
    memory: &mut Memory,
) -> Result<(), Fault> {
    let [low, factor, _] = form.from;
    let factor = form.read(factor, state, memory)?;
    let product = u128::from(Part::low(State::RDX, form.size).read(state)) * u128::from(factor);
    form.write(low, product as u64, state, memory)?;
    form.write(form.to, (product >> form.size.bits()) as u64, state, memory)
}

fn divide(form: &Form, state: &mut State, memory: &mut Memory) -> Result<(), Fault> {
    let divisor = u128::from(form.read(form.from[0], state, memory)?);
    let dividend = accumulator::pair(form.size, state);
    let quotient = dividend.checked_div(divisor).ok_or(Fault::Divide)?;
    if quotient >> form.size.bits() != 0 {
        return Err(Fault::Divide);
    }
    let results = [quotient as u64, (dividend % divisor) as u64];
    accumulator::set_pair(form.size, results, state);
    Ok(())
}

fn divide_signed(form: &Form, state: &mut State, memory: &mut Memory) -> Result<(), Fault> {
    let size = form.size;
    let divisor = signed(size, form.read(form.from[0], state, memory)?);
    let unused = 128 - 2 * size.bits();
    let dividend = (accumulator::pair(size, state) << unused) as i128 >> unused;
    let quotient = dividend.checked_div(divisor).ok_or(Fault::Divide)?;
    if quotient != signed(size, quotient as u64) {
        return Err(Fault::Divide);
    }
    let results = [quotient as u64, (dividend % divisor) as u64];
    accumulator::set_pair(size, results, state);
    Ok(())
}
