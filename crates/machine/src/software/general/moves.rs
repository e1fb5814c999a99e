//! Moves, extensions, and instructions without effect.

use super::computation::{Computation, Inputs, Outcome};
use super::form::{Form, Role};
use super::op::Op;
use super::operand::{Operand, Part};
use super::size::Size;
use crate::fault::Fault;
use crate::memory::Memory;
use crate::state::State;
use iced_x86::{Instruction, Mnemonic, Register};

pub(super) fn prepare(instruction: &Instruction) -> Option<Op> {
    let source = Operand::new(instruction, 1).and_then(Operand::size);
    let (first, computation): (_, Computation) = match instruction.mnemonic() {
        Mnemonic::Mov | Mnemonic::Movzx | Mnemonic::Lea | Mnemonic::Movnti => {
            (Role::Written, |i| i.value(i.a))
        }
        Mnemonic::Movsx | Mnemonic::Movsxd => (Role::Written, sign_extension(source?)),
        Mnemonic::Movbe => (Role::Written, reversed),
        // Of 16 bits the result is undefined.
        Mnemonic::Bswap if Operand::new(instruction, 0)?.size()? != Size::Word => {
            (Role::Modified, reversed)
        }
        Mnemonic::Xlatb => return table_lookup(instruction),
        _ => return implied(instruction),
    };
    Op::new(first, computation, instruction)
}

/// Instructions whose operands are implied, or ignored.
fn implied(instruction: &Instruction) -> Option<Op> {
    let accumulator = |size| Operand::low(State::RAX, size);
    let data = |size| Operand::low(State::RDX, size);
    let (to, from, computation): (_, _, Computation) = match instruction.mnemonic() {
        Mnemonic::Cbw => widening(Size::Word, Size::Byte),
        Mnemonic::Cwde => widening(Size::Double, Size::Word),
        Mnemonic::Cdqe => widening(Size::Quad, Size::Double),
        Mnemonic::Cwd => (data(Size::Word), accumulator(Size::Word), sign),
        Mnemonic::Cdq => (data(Size::Double), accumulator(Size::Double), sign),
        Mnemonic::Cqo => (data(Size::Quad), accumulator(Size::Quad), sign),
        mnemonic if is_without_effect(mnemonic) => {
            (Operand::Absent, Operand::Absent, |i| i.value(0))
        }
        _ => return None,
    };
    Some(Op::computing(
        Form::implied(to, from, instruction)?,
        computation,
    ))
}

/// The accumulator, extended from half its size.
const fn widening(to: Size, from: Size) -> (Operand, Operand, Computation) {
    (
        Operand::low(State::RAX, to),
        Operand::low(State::RAX, from),
        sign_extension(from),
    )
}

const fn is_without_effect(mnemonic: Mnemonic) -> bool {
    matches!(
        mnemonic,
        Mnemonic::Nop
            | Mnemonic::Pause
            | Mnemonic::Endbr32
            | Mnemonic::Endbr64
            | Mnemonic::Lfence
            | Mnemonic::Mfence
            | Mnemonic::Sfence
            | Mnemonic::Prefetch
            | Mnemonic::Prefetchw
            | Mnemonic::Prefetchwt1
            | Mnemonic::Prefetchnta
            | Mnemonic::Prefetcht0
            | Mnemonic::Prefetcht1
            | Mnemonic::Prefetcht2
    )
}

const fn sign_extension(from: Size) -> Computation {
    match from {
        Size::Byte => |i| i.value(Size::Byte.extend(i.a)),
        Size::Word => |i| i.value(Size::Word.extend(i.a)),
        Size::Double => |i| i.value(Size::Double.extend(i.a)),
        Size::Quad => |i| i.value(i.a),
    }
}

/// The bytes in reverse.
const fn reversed(inputs: &Inputs) -> Outcome {
    let whole = inputs.a.swap_bytes();
    inputs.value(whole >> (64 - inputs.size.bits()))
}

/// All bits are the sign.
const fn sign(inputs: &Inputs) -> Outcome {
    let is_negative = inputs.size.is_negative(inputs.a);
    inputs.value((is_negative as u64).wrapping_neg())
}

/// XLATB: the address takes AL as its index, without a sign.
fn table_lookup(instruction: &Instruction) -> Option<Op> {
    let mut table = *instruction;
    table.set_memory_index(Register::None);
    let form = Form::implied(Operand::Absent, Operand::Absent, &table)?;
    Some(Op::acting(form, look_up))
}

fn look_up(form: &Form, state: &mut State, memory: &mut Memory) -> Result<(), Fault> {
    let byte = Part::low(State::RAX, Size::Byte);
    let address = form.address_beyond(byte.read(state), state);
    let [value] = memory.read_array(address)?;
    byte.write(state, value.into());
    Ok(())
}
