//! Where an operand lies.

use super::size::Size;
use crate::state::State;
use iced_x86::{Instruction, Mnemonic, OpKind, Register};

/// A general register, or a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    number: u8,
    /// 8 for AH, CH, DH and BH.
    shift: u8,
    pub(super) size: Size,
}

impl Part {
    /// The lowest bits of register `number`.
    pub(super) const fn low(number: usize, size: Size) -> Self {
        Self {
            number: number as u8,
            shift: 0,
            size,
        }
    }

    pub(super) const AH: Self = Self {
        number: State::RAX as u8,
        shift: 8,
        size: Size::Byte,
    };

    fn new(register: Register) -> Option<Self> {
        use Register::{AH, BH, CH, DH};
        if !register.is_gpr() {
            return None;
        }
        let is_high = matches!(register, AH | BH | CH | DH);
        Some(Self {
            number: register.full_register().number() as u8,
            shift: if is_high { 8 } else { 0 },
            size: Size::of_bytes(register.size())?,
        })
    }

    #[inline]
    pub(super) fn read(self, state: &State) -> u64 {
        state.general[usize::from(self.number & 15)] >> self.shift & self.size.mask()
    }

    /// A write of 32 bits clears the upper half; narrower ones leave the other bits (Intel SDM 1,
    /// 3.4.1.1).
    #[inline]
    pub(super) fn write(self, state: &mut State, value: u64) {
        let whole = &mut state.general[usize::from(self.number & 15)];
        *whole = match self.size {
            Size::Quad => value,
            Size::Double => value & Size::Double.mask(),
            narrow => {
                let mask = narrow.mask() << self.shift;
                *whole & !mask | value << self.shift & mask
            }
        };
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operand {
    /// Reads as zero; nothing is written.
    Absent,
    Immediate(u64),
    Register(Part),
    /// The instruction's operand in memory.
    Memory(Size),
    /// The element that holds a bit of an array in memory. The register counts bits from the
    /// operand's address, and may be negative.
    BitOfMemory(Size, Part),
    /// The operand's address itself, as LEA takes it.
    Address,
}

impl Operand {
    /// The lowest bits of register `number`.
    pub(super) const fn low(number: usize, size: Size) -> Self {
        Self::Register(Part::low(number, size))
    }

    /// Operand `index` of the instruction, absent if it has fewer; `None` if it is no integer.
    pub(super) fn new(instruction: &Instruction, index: u32) -> Option<Self> {
        if index >= instruction.op_count() {
            return Some(Self::Absent);
        }
        match instruction.op_kind(index) {
            OpKind::Register => Part::new(instruction.op_register(index)).map(Self::Register),
            OpKind::Memory if instruction.mnemonic() == Mnemonic::Lea => Some(Self::Address),
            OpKind::Memory => Size::of_bytes(instruction.memory_size().size()).map(Self::Memory),
            _ => instruction.try_immediate(index).ok().map(Self::Immediate),
        }
    }

    pub(super) const fn size(self) -> Option<Size> {
        match self {
            Self::Register(part) => Some(part.size),
            Self::Memory(size) | Self::BitOfMemory(size, _) => Some(size),
            Self::Absent | Self::Immediate(_) | Self::Address => None,
        }
    }

    /// The whole register, where a register of 32 bits is given.
    pub(super) const fn whole(self) -> Self {
        match self {
            Self::Register(Part {
                number,
                size: Size::Double,
                ..
            }) => Self::low(number as usize, Size::Quad),
            other => other,
        }
    }

    #[inline]
    pub(super) const fn is_memory(self) -> bool {
        matches!(self, Self::Memory(_) | Self::BitOfMemory(..))
    }
}
