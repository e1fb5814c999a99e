//! PUSH, POP, LEAVE and ENTER.

use super::operand::Operand;
use crate::effective_address::EffectiveAddress;
use crate::fault::{AccessKind, Fault};
use crate::memory::Memory;
use crate::state::{Flag, State};
use iced_x86::{Code, Instruction, Register};

#[derive(Debug)]
pub(crate) enum Op {
    /// A value of so many bytes.
    Push(Operand, u64),
    PushFlags(u64),
    PopRegister(Register, u64),
    PopMemory(EffectiveAddress, u64),
    PopFlags(u64),
    Leave,
    /// ENTER without nested frames, with so many bytes of its own.
    Enter(u64),
}

/// Prepares `instruction`. Segment registers and nested frames are not known here.
pub(super) fn prepare(instruction: &Instruction) -> Option<Op> {
    Some(match instruction.code() {
        Code::Push_r64 | Code::Push_rm64 | Code::Pushq_imm8 | Code::Pushq_imm32 => {
            Op::Push(Operand::first(instruction)?, 8)
        }
        Code::Push_r16 | Code::Push_rm16 | Code::Push_imm16 | Code::Pushw_imm8 => {
            Op::Push(Operand::first(instruction)?, 2)
        }
        Code::Pop_r64 => Op::PopRegister(instruction.op0_register(), 8),
        Code::Pop_r16 => Op::PopRegister(instruction.op0_register(), 2),
        Code::Pop_rm64 => pop_to(instruction, 8)?,
        Code::Pop_rm16 => pop_to(instruction, 2)?,
        Code::Pushfq => Op::PushFlags(8),
        Code::Pushfw => Op::PushFlags(2),
        Code::Popfq => Op::PopFlags(8),
        Code::Popfw => Op::PopFlags(2),
        Code::Leaveq => Op::Leave,
        Code::Enterq_imm16_imm8 if instruction.immediate8_2nd() == 0 => {
            Op::Enter(instruction.immediate16().into())
        }
        _ => return None,
    })
}

fn pop_to(instruction: &Instruction, len_bytes: u64) -> Option<Op> {
    Some(match Operand::first(instruction)? {
        Operand::Memory(address) => Op::PopMemory(address, len_bytes),
        _ => Op::PopRegister(instruction.op0_register(), len_bytes),
    })
}

/// Pushes the lowest `len_bytes` of `value`: 2 or 8.
///
/// # Errors
/// If the stack cannot be written there.
#[inline]
pub(super) fn push(
    value: u64,
    len_bytes: u64,
    state: &mut State,
    memory: &mut Memory,
) -> Result<(), Fault> {
    let pointer = state.general[State::RSP].wrapping_sub(len_bytes);
    let bytes = value.to_le_bytes();
    if len_bytes == 8 {
        memory.write(pointer, &bytes)?;
    } else {
        memory.write(pointer, &bytes[..2])?;
    }
    state.general[State::RSP] = pointer;
    Ok(())
}

/// Takes `len_bytes` off the stack.
#[inline]
pub(super) fn pop(len_bytes: u64, state: &mut State) {
    let pointer = &mut state.general[State::RSP];
    *pointer = pointer.wrapping_add(len_bytes);
}

/// The value of 2 or 8 bytes on top of the stack.
#[inline]
fn top(len_bytes: u64, state: &State, memory: &mut Memory) -> Result<u64, Fault> {
    let pointer = state.general[State::RSP];
    if len_bytes == 8 {
        Ok(u64::from_le_bytes(memory.read_array(pointer)?))
    } else {
        Ok(u16::from_le_bytes(memory.read_array(pointer)?).into())
    }
}

#[inline]
pub(super) fn execute(op: &Op, state: &mut State, memory: &mut Memory) -> Result<(), Fault> {
    match op {
        Op::Push(operand, len_bytes) => {
            let value = operand.value(*len_bytes, state, memory)?;
            push(value, *len_bytes, state, memory)
        }
        Op::PopRegister(register, len_bytes) => {
            let value = top(*len_bytes, state, memory)?;
            pop(*len_bytes, state);
            state.set_general(*register, value);
            Ok(())
        }
        Op::PopMemory(address, len_bytes) => {
            let value = top(*len_bytes, state, memory)?;
            // An address that the stack pointer is part of is computed after the pop.
            pop(*len_bytes, state);
            let bytes = value.to_le_bytes();
            let address = address.address(state);
            let written = memory.write(address, &bytes[..*len_bytes as usize]);
            if written.is_err() {
                pop(len_bytes.wrapping_neg(), state);
            }
            written
        }
        Op::PushFlags(len_bytes) => push(state.flags, *len_bytes, state, memory),
        Op::PopFlags(len_bytes) => {
            let value = top(*len_bytes, state, memory)?;
            state.flags = popped(value, *len_bytes, state.flags)?;
            pop(*len_bytes, state);
            Ok(())
        }
        Op::Leave => {
            let frame = state.general[State::RBP];
            let outer = u64::from_le_bytes(memory.read_array(frame)?);
            state.general[State::RBP] = outer;
            state.general[State::RSP] = frame.wrapping_add(8);
            Ok(())
        }
        Op::Enter(len_bytes) => enter(*len_bytes, state, memory),
    }
}

fn enter(len_bytes: u64, state: &mut State, memory: &mut Memory) -> Result<(), Fault> {
    let frame = state.general[State::RSP].wrapping_sub(8);
    let pointer = frame.wrapping_sub(len_bytes);
    // The CPU looks whether it could write at the new top.
    memory.check(pointer, 8, AccessKind::Write)?;
    memory.write(frame, &state.general[State::RBP].to_le_bytes())?;
    state.general[State::RBP] = frame;
    state.general[State::RSP] = pointer;
    Ok(())
}

const TRAP: u64 = 1 << 8;
const ALIGNMENT_CHECK: u64 = 1 << 18;
const IDENTIFICATION: u64 = 1 << 21;
const NESTED_TASK: u64 = 1 << 14;

/// The flags after a pop of `value`: those that a program may change.
fn popped(value: u64, len_bytes: u64, before: u64) -> Result<u64, Fault> {
    if value & TRAP != 0 || len_bytes == 8 && value & ALIGNMENT_CHECK != 0 {
        return Err(Fault::NotModelled);
    }
    let mut may_change = Flag::ARITHMETIC | Flag::Direction.mask() | NESTED_TASK;
    if len_bytes == 8 {
        may_change |= IDENTIFICATION;
    }
    Ok(before & !may_change | value & may_change)
}
