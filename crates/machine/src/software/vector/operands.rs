//! Where the operands of an instruction are.

use super::masking::{fold, load, packed, signs, store};
use crate::effective_address::EffectiveAddress;
use crate::fault::{AccessKind, Fault};
use crate::memory::Memory;
use crate::state::{State, Vector};
use iced_x86::{EncodingKind, Instruction, Mnemonic, OpKind, Register};

/// A source.
#[derive(Clone, Copy, Debug)]
pub(super) enum Input {
    None,
    Vector(usize),
    /// The lowest lane of a vector, for all lanes.
    Count(usize),
    /// A general register, of which `bits` are read.
    General {
        number: usize,
        bits: u64,
    },
    /// A mask register.
    Mask(usize),
    /// An immediate, for all lanes.
    Immediate(u8),
    /// The mask that the instruction is under.
    OwnMask,
    Memory(Access),
}

/// A destination.
#[derive(Clone, Copy, Debug)]
pub(super) enum Output {
    /// `len_bytes` are written; those above are cleared unless `keeps_upper`.
    Vector {
        number: usize,
        len_bytes: usize,
        keeps_upper: bool,
    },
    General {
        number: usize,
        bits: u64,
    },
    Mask(usize),
    Flags,
    Memory(Access),
}

/// An operand in memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Access {
    address: EffectiveAddress,
    len_bytes: usize,
    alignment: usize,
    /// How many copies of it make the operand: more than one by an embedded broadcast.
    copies: usize,
    /// The bytes of an element that only a set bit of the mask makes the instruction access; 0 if
    /// it accesses all.
    element: usize,
    /// Whether the enabled elements lie in it without gaps.
    is_packed: bool,
    /// Whether it is a count for all lanes.
    is_count: bool,
    /// Whether the mask suppresses no faults: all bytes must be writable.
    is_checked_as_a_whole: bool,
}

/// The bytes of a vector register; `None` if it is none.
pub(super) fn vector_bytes(register: Register) -> Option<usize> {
    register.is_vector_register().then(|| register.size())
}

/// The number of a mask register, `None` if it is none.
pub(super) fn mask_number(register: Register) -> Option<usize> {
    register.is_k().then(|| register.number())
}

/// A general register of 32 or 64 bits, and the bits of it.
fn general(register: Register) -> Option<(usize, u64)> {
    if register.is_gpr64() {
        Some((register.number(), u64::MAX))
    } else if register.is_gpr32() {
        Some((register.number(), 0xffff_ffff))
    } else {
        None
    }
}

impl Input {
    /// Operand `index`, whose elements in memory have `element` bytes (see [`Access`]).
    pub(super) fn new(instruction: &Instruction, index: u32, element: usize) -> Option<Self> {
        match instruction.op_kind(index) {
            OpKind::Register => Self::register(instruction.op_register(index)),
            OpKind::Immediate8 => Some(Self::Immediate(instruction.immediate8())),
            OpKind::Memory => Some(Self::Memory(Access::new(instruction, element)?)),
            _ => None,
        }
    }

    fn register(register: Register) -> Option<Self> {
        let vector = vector_bytes(register).map(|_| Self::Vector(register.number()));
        let general = || general(register).map(|(number, bits)| Self::General { number, bits });
        let mask = || mask_number(register).map(Self::Mask);
        vector.or_else(general).or_else(mask)
    }

    /// The same operand as a count for all lanes.
    pub(super) fn count(self) -> Option<Self> {
        match self {
            Self::Vector(number) => Some(Self::Count(number)),
            Self::Immediate(_) => Some(self),
            Self::Memory(access) => Some(Self::Memory(Access {
                element: 0,
                is_count: true,
                ..access
            })),
            _ => None,
        }
    }

    /// The same operand, whose enabled elements lie without gaps if it is in memory.
    pub(super) fn packed(self) -> Self {
        match self {
            Self::Memory(access) => Self::Memory(Access {
                is_packed: true,
                ..access
            }),
            _ => self,
        }
    }

    /// Writes its value to `into`. `mask` is that which the instruction is under.
    #[inline]
    pub(super) fn read(
        &self,
        mask: u64,
        state: &State,
        memory: &mut Memory,
        into: &mut Vector,
    ) -> Result<(), Fault> {
        match *self {
            Self::None => {}
            Self::Vector(number) => *into = state.vectors[number],
            Self::Count(number) => {
                *into = Vector::of_lanes([state.vectors[number].lane(0); 4]);
            }
            Self::General { number, bits } => *into = scalar(state.general[number] & bits),
            Self::Mask(number) => *into = scalar(state.masks[number]),
            Self::Immediate(value) => *into = Vector::of_lanes([value.into(); 4]),
            Self::OwnMask => *into = scalar(mask),
            Self::Memory(access) => return access.read(mask, state, memory, into),
        }
        Ok(())
    }
}

fn scalar(value: u64) -> Vector {
    Vector::of_lanes([value.into(), 0, 0, 0])
}

impl Output {
    /// Operand 0, whose elements in memory have `element` bytes.
    pub(super) fn new(instruction: &Instruction, element: usize) -> Option<Self> {
        if instruction.op_kind(0) == OpKind::Memory {
            return Some(Self::Memory(Access::new(instruction, element)?));
        }
        if instruction.op_kind(0) != OpKind::Register {
            return None;
        }
        let register = instruction.op_register(0);
        let vector = vector_bytes(register).map(|len_bytes| Self::Vector {
            number: register.number(),
            len_bytes,
            keeps_upper: instruction.encoding() == EncodingKind::Legacy,
        });
        let general = || general(register).map(|(number, bits)| Self::General { number, bits });
        let mask = || mask_number(register).map(Self::Mask);
        vector.or_else(general).or_else(mask)
    }

    /// The bytes of a vector or in memory.
    pub(super) fn len_bytes(&self) -> Option<usize> {
        match self {
            Self::Vector { len_bytes, .. } => Some(*len_bytes),
            Self::Memory(access) => Some(access.len_bytes),
            _ => None,
        }
    }
}

impl Access {
    fn new(instruction: &Instruction, element: usize) -> Option<Self> {
        let info = instruction.memory_size().info();
        let len_bytes = info.size();
        let is_broadcast = instruction.is_broadcast();
        if !(1..=64).contains(&len_bytes) {
            return None;
        }
        Some(Self {
            address: EffectiveAddress::new(instruction)?,
            len_bytes,
            alignment: alignment(instruction, len_bytes),
            copies: if is_broadcast { 64 / len_bytes } else { 1 },
            element,
            is_packed: false,
            is_count: false,
            is_checked_as_a_whole: is_extraction(instruction.mnemonic()),
        })
    }

    /// The address, aligned as it must be.
    #[inline]
    fn address(&self, state: &State) -> Result<u64, Fault> {
        let address = self.address.address(state);
        if address & (self.alignment as u64 - 1) != 0 {
            return Err(Fault::Misaligned {
                address,
                len_bytes: self.len_bytes,
                alignment: self.alignment,
            });
        }
        Ok(address)
    }

    /// Writes the elements that the mask enables.
    #[inline]
    pub(super) fn write(
        &self,
        value: &Vector,
        mask: u64,
        state: &State,
        memory: &mut Memory,
    ) -> Result<(), Fault> {
        let address = self.address(state)?;
        if self.element == 0 {
            return memory.write(address, &value.0[..self.len_bytes]);
        }
        if self.is_checked_as_a_whole {
            memory.check(address, self.len_bytes, AccessKind::Write)?;
        }
        store(memory, address, value, mask, self.element)
    }

    #[inline]
    fn read(
        &self,
        mask: u64,
        state: &State,
        memory: &mut Memory,
        into: &mut Vector,
    ) -> Result<(), Fault> {
        let address = self.address(state)?;
        match self.len_bytes.checked_div(self.element) {
            None => memory.read(address, &mut into.0[..self.len_bytes])?,
            Some(count) => {
                let needed = if self.is_packed {
                    packed(mask)
                } else {
                    fold(mask, count)
                };
                load(memory, address, needed, self.element, into)?;
            }
        }
        if self.copies > 1 {
            let (first, rest) = into.0.split_at_mut(self.len_bytes);
            rest.chunks_exact_mut(first.len())
                .for_each(|copy| copy.copy_from_slice(first));
        }
        if self.is_count {
            *into = Vector::of_lanes([into.lane(0); 4]);
        }
        Ok(())
    }
}

/// Whether it stores part of a vector: exceptions of type E6NF (Intel SDM 2, 2.8).
const fn is_extraction(mnemonic: Mnemonic) -> bool {
    use Mnemonic::*;
    matches!(
        mnemonic,
        Vextractf32x4
            | Vextractf64x2
            | Vextractf32x8
            | Vextractf64x4
            | Vextracti32x4
            | Vextracti64x2
            | Vextracti32x8
            | Vextracti64x4
    )
}

/// The alignment that the operand in memory must have (Intel SDM 2, exception classes 1, 4 and E1).
fn alignment(instruction: &Instruction, len_bytes: usize) -> usize {
    use Mnemonic::*;
    match instruction.mnemonic() {
        Movdqu | Movups | Movupd | Lddqu => 1,
        Vmovdqa | Vmovdqa32 | Vmovdqa64 | Vmovaps | Vmovapd | Vmovntdq | Vmovntdqa | Vmovntps
        | Vmovntpd => len_bytes,
        _ if instruction.encoding() == EncodingKind::Legacy && len_bytes == 16 => 16,
        _ => 1,
    }
}

/// The mask that an instruction is under.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mask {
    /// All elements are enabled.
    None,
    Register(usize),
    /// The upper bits of the elements of a vector.
    Signs {
        number: usize,
        len_bytes: usize,
        element: usize,
    },
}

impl Mask {
    #[inline]
    pub(super) fn read(&self, state: &State) -> u64 {
        match *self {
            Self::None => u64::MAX,
            Self::Register(number) => state.masks[number],
            Self::Signs {
                number,
                len_bytes,
                element,
            } => signs(&state.vectors[number], len_bytes, element),
        }
    }
}
