//! MOVS, STOS, LODS, SCAS and CMPS, once or repeated.

use crate::fault::Fault;
use crate::memory::Memory;
use crate::state::{Flag, State};
use iced_x86::{Code, CodeSize, Instruction, OpKind, Register};

#[derive(Debug)]
pub(crate) struct Op {
    kind: Kind,
    /// Of an element: 1, 2, 4 or 8.
    len_bytes: usize,
    repeat: Repeat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Move,
    Store,
    Load,
    Scan,
    Compare,
}

impl Kind {
    fn sets_flags(self) -> bool {
        matches!(self, Self::Scan | Self::Compare)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Repeat {
    Once,
    /// As often as rcx says.
    Counted,
    /// Also, as long as the zero flag is this.
    While(bool),
}

/// How many repetitions count as one step.
const REPETITIONS_OF_STEP: u64 = 64;

/// Prepares `instruction`. Addresses of 32 bits and segments with a base are not known here.
pub(super) fn prepare(instruction: &Instruction) -> Option<Op> {
    let (kind, len_bytes) = kind(instruction.code())?;
    let is_narrow = instruction.op_kinds().any(|kind| {
        matches!(
            kind,
            OpKind::MemorySegESI | OpKind::MemoryESEDI | OpKind::MemorySegSI | OpKind::MemoryESDI
        )
    });
    let has_base = matches!(instruction.segment_prefix(), Register::FS | Register::GS);
    if is_narrow || has_base || instruction.code_size() == CodeSize::Code32 {
        return None;
    }
    let repeat = match (instruction.has_rep_prefix(), instruction.has_repne_prefix()) {
        (false, false) => Repeat::Once,
        (true, false) if kind.sets_flags() => Repeat::While(true),
        (true, false) => Repeat::Counted,
        (false, true) if kind.sets_flags() => Repeat::While(false),
        _ => return None,
    };
    Some(Op {
        kind,
        len_bytes,
        repeat,
    })
}

fn kind(code: Code) -> Option<(Kind, usize)> {
    Some(match code {
        Code::Movsb_m8_m8 => (Kind::Move, 1),
        Code::Movsw_m16_m16 => (Kind::Move, 2),
        Code::Movsd_m32_m32 => (Kind::Move, 4),
        Code::Movsq_m64_m64 => (Kind::Move, 8),
        Code::Stosb_m8_AL => (Kind::Store, 1),
        Code::Stosw_m16_AX => (Kind::Store, 2),
        Code::Stosd_m32_EAX => (Kind::Store, 4),
        Code::Stosq_m64_RAX => (Kind::Store, 8),
        Code::Lodsb_AL_m8 => (Kind::Load, 1),
        Code::Lodsw_AX_m16 => (Kind::Load, 2),
        Code::Lodsd_EAX_m32 => (Kind::Load, 4),
        Code::Lodsq_RAX_m64 => (Kind::Load, 8),
        Code::Scasb_AL_m8 => (Kind::Scan, 1),
        Code::Scasw_AX_m16 => (Kind::Scan, 2),
        Code::Scasd_EAX_m32 => (Kind::Scan, 4),
        Code::Scasq_RAX_m64 => (Kind::Scan, 8),
        Code::Cmpsb_m8_m8 => (Kind::Compare, 1),
        Code::Cmpsw_m16_m16 => (Kind::Compare, 2),
        Code::Cmpsd_m32_m32 => (Kind::Compare, 4),
        Code::Cmpsq_m64_m64 => (Kind::Compare, 8),
        _ => return None,
    })
}

/// Executes it; returns the steps that its repetitions take beyond one.
///
/// # Errors
/// A fault of one repetition, before which those before it are done; [`Fault::OutOfSteps`].
pub(super) fn execute(
    op: &Op,
    state: &mut State,
    memory: &mut Memory,
    budget: u64,
) -> Result<u64, Fault> {
    if op.repeat == Repeat::Once {
        one(op, state, memory)?;
        return Ok(0);
    }
    let mut repetitions = 0;
    while state.general[State::RCX] != 0 {
        if repetitions / REPETITIONS_OF_STEP > budget {
            return Err(Fault::OutOfSteps);
        }
        one(op, state, memory)?;
        state.general[State::RCX] -= 1;
        repetitions += 1;
        if matches!(op.repeat, Repeat::While(zero) if state.has(Flag::Zero) != zero) {
            break;
        }
    }
    Ok(repetitions / REPETITIONS_OF_STEP)
}

/// One repetition: all of it or nothing.
#[inline]
fn one(op: &Op, state: &mut State, memory: &mut Memory) -> Result<(), Fault> {
    let (source, destination) = (state.general[State::RSI], state.general[State::RDI]);
    let (mut moves_source, mut moves_destination) = (true, true);
    match op.kind {
        Kind::Move => {
            let value = load(source, op.len_bytes, memory)?;
            store(destination, op.len_bytes, value, memory)?;
        }
        Kind::Store => {
            store(destination, op.len_bytes, state.general[State::RAX], memory)?;
            moves_source = false;
        }
        Kind::Load => {
            let value = load(source, op.len_bytes, memory)?;
            state.set_general(accumulator(op.len_bytes), value);
            moves_destination = false;
        }
        Kind::Scan => {
            let right = load(destination, op.len_bytes, memory)?;
            let left = state.general(accumulator(op.len_bytes));
            compare(left, right, op.len_bytes, state);
            moves_source = false;
        }
        Kind::Compare => {
            let left = load(source, op.len_bytes, memory)?;
            let right = load(destination, op.len_bytes, memory)?;
            compare(left, right, op.len_bytes, state);
        }
    }
    let len_bytes = op.len_bytes as u64;
    let is_down = state.has(Flag::Direction);
    let distance = if is_down {
        len_bytes.wrapping_neg()
    } else {
        len_bytes
    };
    if moves_source {
        state.general[State::RSI] = source.wrapping_add(distance);
    }
    if moves_destination {
        state.general[State::RDI] = destination.wrapping_add(distance);
    }
    Ok(())
}

fn accumulator(len_bytes: usize) -> Register {
    match len_bytes {
        1 => Register::AL,
        2 => Register::AX,
        4 => Register::EAX,
        _ => Register::RAX,
    }
}

#[inline]
fn load(address: u64, len_bytes: usize, memory: &mut Memory) -> Result<u64, Fault> {
    let mut bytes = [0; 8];
    memory.read(address, &mut bytes[..len_bytes])?;
    Ok(u64::from_le_bytes(bytes))
}

#[inline]
fn store(address: u64, len_bytes: usize, value: u64, memory: &mut Memory) -> Result<(), Fault> {
    memory.write(address, &value.to_le_bytes()[..len_bytes])
}

/// Sets the flags as CMP does (Intel SDM 2A, CMP).
fn compare(left: u64, right: u64, len_bytes: usize, state: &mut State) {
    let unused = 64 - 8 * len_bytes as u32;
    let (left_top, right_top) = (left << unused, right << unused);
    let (difference_top, carry) = left_top.overflowing_sub(right_top);
    let (_, overflow) = left_top
        .cast_signed()
        .overflowing_sub(right_top.cast_signed());
    let difference = left.wrapping_sub(right);
    state.set(Flag::Carry, carry);
    state.set(Flag::Overflow, overflow);
    state.set(Flag::Zero, difference_top == 0);
    state.set(Flag::Sign, difference_top >> 63 == 1);
    state.set(Flag::Adjust, (left ^ right ^ difference) >> 4 & 1 == 1);
    state.set(
        Flag::Parity,
        (difference as u8).count_ones().is_multiple_of(2),
    );
}
