//! Jumps, calls and returns within one segment.

use super::operand::Operand;
use super::stack::{pop, push};
use crate::condition::Condition;
use crate::fault::Fault;
use crate::memory::Memory;
use crate::state::{Flag, State};
use iced_x86::{Code, Instruction};

#[derive(Debug)]
pub(crate) enum Op {
    Jump(Operand),
    /// A conditional jump.
    JumpIf(Condition, u64),
    /// JRCXZ and JECXZ: the bits of the counter, and where to.
    JumpIfZero(u64, u64),
    /// LOOP and its conditional forms.
    Loop {
        /// The bits of the counter.
        mask: u64,
        /// What the zero flag must be.
        zero: Option<bool>,
        target: u64,
    },
    Call(Operand),
    /// A return that takes so many bytes of arguments off the stack.
    Return(u64),
}

const WHOLE: u64 = u64::MAX;
const NARROW: u64 = u32::MAX as u64;

/// Prepares `instruction`. Far branches, and those whose target prefix 66h may cut to 16 bits, are
/// not known here.
pub(super) fn prepare(instruction: &Instruction) -> Option<Op> {
    let target = instruction.near_branch64();
    let repeat = |mask, zero| Op::Loop { mask, zero, target };
    Some(match instruction.code() {
        Code::Jmp_rel8_64 | Code::Jmp_rel32_64 | Code::Jmp_rm64 => {
            Op::Jump(Operand::first(instruction)?)
        }
        Code::Call_rel32_64 | Code::Call_rm64 => Op::Call(Operand::first(instruction)?),
        Code::Retnq => Op::Return(0),
        Code::Retnq_imm16 => Op::Return(instruction.immediate16().into()),
        Code::Jrcxz_rel8_64 => Op::JumpIfZero(WHOLE, target),
        Code::Jecxz_rel8_64 => Op::JumpIfZero(NARROW, target),
        Code::Loop_rel8_64_RCX => repeat(WHOLE, None),
        Code::Loop_rel8_64_ECX => repeat(NARROW, None),
        Code::Loope_rel8_64_RCX => repeat(WHOLE, Some(true)),
        Code::Loope_rel8_64_ECX => repeat(NARROW, Some(true)),
        Code::Loopne_rel8_64_RCX => repeat(WHOLE, Some(false)),
        Code::Loopne_rel8_64_ECX => repeat(NARROW, Some(false)),
        _ if instruction.is_jcc_short_or_near() && is_64_bit(instruction) => {
            Op::JumpIf(Condition::new(instruction.condition_code())?, target)
        }
        _ => return None,
    })
}

fn is_64_bit(instruction: &Instruction) -> bool {
    instruction.op0_kind() == iced_x86::OpKind::NearBranch64
}

#[inline]
pub(super) fn execute(op: &Op, state: &mut State, memory: &mut Memory) -> Result<(), Fault> {
    match op {
        Op::JumpIf(condition, target) => {
            if condition.holds(state.flags) {
                state.ip = *target;
            }
        }
        Op::Jump(target) => {
            state.ip = canonical(target.value(8, state, memory)?)?;
        }
        Op::Call(target) => {
            let target = canonical(target.value(8, state, memory)?)?;
            push(state.ip, 8, state, memory)?;
            state.ip = target;
        }
        Op::Return(extra) => {
            let pointer = state.general[State::RSP];
            let target = u64::from_le_bytes(memory.read_array(pointer)?);
            state.ip = canonical(target)?;
            pop(8 + extra, state);
        }
        Op::JumpIfZero(mask, target) => {
            if state.general[State::RCX] & mask == 0 {
                state.ip = *target;
            }
        }
        Op::Loop { mask, zero, target } => {
            let count = state.general[State::RCX].wrapping_sub(1) & mask;
            // A write of 32 bits clears the upper half.
            state.general[State::RCX] = count;
            if count != 0 && zero.is_none_or(|zero| state.has(Flag::Zero) == zero) {
                state.ip = *target;
            }
        }
    }
    Ok(())
}

/// Whether bit 47 and those above it are equal, without which no branch goes there.
fn canonical(target: u64) -> Result<u64, Fault> {
    let extended = (target << 16).cast_signed() >> 16;
    if extended.cast_unsigned() == target {
        Ok(target)
    } else {
        Err(Fault::NotCanonical { address: target })
    }
}
