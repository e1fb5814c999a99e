//! What the architecture leaves undefined after an instruction. Executors need not agree on it.

use crate::forms::Case;
use crate::state::{Flag, State};
use iced_x86::{Code, Instruction, Mnemonic, OpKind, Register, RflagsBits};

/// What nobody compares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Undefined {
    /// Bits of RFLAGS.
    pub(crate) flags: u64,
    /// Whether the first operand's new value is undefined.
    pub(crate) is_destination: bool,
}

impl Undefined {
    /// What is undefined after `case`, which has left these flags (Intel SDM 2, each instruction's
    /// own page).
    pub(crate) fn after(case: &Case, flags_after: u64) -> Self {
        let (instruction, state) = (&case.instruction, &case.state);
        let mut undefined = Self {
            flags: flags(instruction.rflags_undefined()),
            is_destination: false,
        };
        match instruction.mnemonic() {
            Mnemonic::Shl | Mnemonic::Shr | Mnemonic::Sal | Mnemonic::Sar => {
                undefined.flags = after_shift(instruction, count(instruction, state));
            }
            Mnemonic::Rol | Mnemonic::Ror | Mnemonic::Rcl | Mnemonic::Rcr => {
                let count = count(instruction, state);
                undefined.flags = if count > 1 { Flag::Overflow.mask() } else { 0 };
            }
            Mnemonic::Shld | Mnemonic::Shrd => {
                undefined = after_double_shift(instruction, count(instruction, state));
            }
            // ZF says that the source is zero.
            Mnemonic::Bsf | Mnemonic::Bsr => {
                undefined.is_destination = flags_after & Flag::Zero.mask() != 0;
            }
            Mnemonic::Bswap => undefined.is_destination = instruction.code() == Code::Bswap_r16,
            _ => {}
        }
        undefined
    }
}

/// The bits of RFLAGS that the decoder's bits stand for.
pub(super) fn flags(bits: u32) -> u64 {
    let pairs = [
        (RflagsBits::CF, Flag::Carry),
        (RflagsBits::PF, Flag::Parity),
        (RflagsBits::AF, Flag::Adjust),
        (RflagsBits::ZF, Flag::Zero),
        (RflagsBits::SF, Flag::Sign),
        (RflagsBits::DF, Flag::Direction),
        (RflagsBits::OF, Flag::Overflow),
    ];
    let set = pairs.iter().filter(|(bit, _)| bits & bit != 0);
    set.fold(0, |mask, (_, flag)| mask | flag.mask())
}

/// The bits of the first operand.
fn width(instruction: &Instruction) -> u32 {
    let bytes = match instruction.op0_kind() {
        OpKind::Register => instruction.op0_register().size(),
        _ => instruction.memory_size().size(),
    };
    8 * bytes as u32
}

/// The count of a shift or a rotation, after its mask.
fn count(instruction: &Instruction, state: &State) -> u32 {
    let last = instruction.op_count() - 1;
    let whole = match instruction.op_kind(last) {
        OpKind::Register if instruction.op_register(last) == Register::CL => {
            state.general(Register::CL) as u32
        }
        OpKind::Immediate8 => instruction.immediate8().into(),
        _ => 1,
    };
    let mask = if width(instruction) == 64 { 63 } else { 31 };
    whole & mask
}

fn after_shift(instruction: &Instruction, count: u32) -> u64 {
    if count == 0 {
        return 0;
    }
    let mut flags = Flag::Adjust.mask();
    if count > 1 {
        flags |= Flag::Overflow.mask();
    }
    let keeps_sign = instruction.mnemonic() == Mnemonic::Sar;
    if !keeps_sign && count >= width(instruction) {
        flags |= Flag::Carry.mask();
    }
    flags
}

fn after_double_shift(instruction: &Instruction, count: u32) -> Undefined {
    let is_beyond = count > width(instruction);
    let flags = match count {
        0 => 0,
        _ if is_beyond => Flag::ARITHMETIC,
        1 => Flag::Adjust.mask(),
        _ => Flag::Adjust.mask() | Flag::Overflow.mask(),
    };
    Undefined {
        flags,
        is_destination: is_beyond,
    }
}
