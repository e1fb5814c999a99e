//! Instructions that exchange values.

use super::accumulator;
use super::arithmetic::{difference, sum};
use super::computation::Inputs;
use super::form::{Form, Role};
use super::op::{Action, Op};
use super::operand::{Operand, Part};
use super::size::Size;
use crate::fault::{AccessKind, Fault};
use crate::memory::Memory;
use crate::state::{Flag, State};
use iced_x86::{Instruction, Mnemonic};

pub(super) fn prepare(instruction: &Instruction) -> Option<Op> {
    let action: Action = match instruction.mnemonic() {
        Mnemonic::Xchg => exchange,
        Mnemonic::Xadd => exchange_and_add,
        Mnemonic::Cmpxchg => compare_and_exchange,
        Mnemonic::Cmpxchg8b => return pair(Size::Double, instruction),
        Mnemonic::Cmpxchg16b => return pair(Size::Quad, instruction),
        _ => return None,
    };
    Some(Op::acting(Form::new(Role::Modified, instruction)?, action))
}

/// The values of the first two operands. The first one can be written.
fn values(form: &Form, state: &State, memory: &mut Memory) -> Result<[u64; 2], Fault> {
    let [first, second, _] = form.from;
    form.check_write(first, state, memory)?;
    Ok([
        form.read(first, state, memory)?,
        form.read(second, state, memory)?,
    ])
}

const fn inputs([a, b]: [u64; 2], form: &Form, state: &State) -> Inputs {
    Inputs {
        a,
        b,
        c: 0,
        flags: state.flags,
        size: form.size,
    }
}

fn exchange(form: &Form, state: &mut State, memory: &mut Memory) -> Result<(), Fault> {
    let [a, b] = values(form, state, memory)?;
    form.write(form.from[0], b, state, memory)?;
    form.write(form.from[1], a, state, memory)
}

/// XADD: the sum wins if both operands are one register.
fn exchange_and_add(form: &Form, state: &mut State, memory: &mut Memory) -> Result<(), Fault> {
    let [a, b] = values(form, state, memory)?;
    let outcome = sum(&inputs([a, b], form, state), false);
    // Memory first: the register may be part of its address.
    form.write(form.from[0], outcome.value, state, memory)?;
    if form.from[1] != form.from[0] {
        form.write(form.from[1], a, state, memory)?;
    }
    state.flags = outcome.flags;
    Ok(())
}

/// CMPXCHG. A register that differs from the accumulator stays as it was, its upper half too, as
/// on AMD's CPUs.
fn compare_and_exchange(form: &Form, state: &mut State, memory: &mut Memory) -> Result<(), Fault> {
    let accumulator = Part::low(State::RAX, form.size);
    let [a, b] = values(form, state, memory)?;
    let expected = accumulator.read(state);
    let outcome = difference(&inputs([expected, a], form, state), false);
    if a == expected {
        form.write(form.from[0], b, state, memory)?;
    } else {
        accumulator.write(state, a);
    }
    state.flags = outcome.flags;
    Ok(())
}

/// CMPXCHG8B and CMPXCHG16B, by the size of a half.
fn pair(half: Size, instruction: &Instruction) -> Option<Op> {
    let form = Form::implied(Operand::Absent, Operand::Memory(half), instruction)?;
    Some(Op::acting(form, compare_and_exchange_pair))
}

fn compare_and_exchange_pair(
    form: &Form,
    state: &mut State,
    memory: &mut Memory,
) -> Result<(), Fault> {
    let half = form.size;
    let len_bytes = 2 * half.bytes() as usize;
    let address = form.address_beyond(0, state);
    if half == Size::Quad && !address.is_multiple_of(16) {
        return Err(Fault::Misaligned {
            address,
            len_bytes,
            alignment: 16,
        });
    }
    memory.check(address, len_bytes, AccessKind::Write)?;
    let mut bytes = [0; 16];
    memory.read(address, &mut bytes[..len_bytes])?;
    let found = u128::from_le_bytes(bytes);
    let is_equal = found == accumulator::pair(half, state);
    if is_equal {
        let [low, high] =
            [State::RBX, State::RCX].map(|number| Part::low(number, half).read(state));
        let value = u128::from(high) << half.bits() | u128::from(low);
        memory.write(address, &value.to_le_bytes()[..len_bytes])?;
    } else {
        accumulator::set_pair(half, [found as u64, (found >> half.bits()) as u64], state);
    }
    state.set(Flag::Zero, is_equal);
    Ok(())
}
