//! The address of an operand in memory.

use crate::state::State;
use iced_x86::{Instruction, Register};

/// How to compute the address of the memory operand of one instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EffectiveAddress {
    /// The number of the base register; [`NONE`] without one.
    base: u8,
    index: u8,
    scale: u8,
    segment: Segment,
    /// Whether the address has 32 bits (prefix 67h).
    is_narrow: bool,
    displacement: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Segment {
    Flat,
    Fs,
    Gs,
}

const NONE: u8 = 255;

impl EffectiveAddress {
    /// That of `instruction`; `None` if an index is a vector, as in gathers, or a register has 16
    /// bits.
    pub fn new(instruction: &Instruction) -> Option<Self> {
        let mut is_narrow = false;
        let mut number = |register: Register| match register {
            Register::None | Register::RIP | Register::EIP => Some(NONE),
            _ if register.is_gpr64() => Some(register.number() as u8),
            _ if register.is_gpr32() => {
                is_narrow = true;
                Some(register.number() as u8)
            }
            _ => None,
        };
        Some(Self {
            base: number(instruction.memory_base())?,
            index: number(instruction.memory_index())?,
            scale: instruction.memory_index_scale() as u8,
            segment: match instruction.memory_segment() {
                Register::FS => Segment::Fs,
                Register::GS => Segment::Gs,
                _ => Segment::Flat,
            },
            is_narrow: is_narrow || instruction.memory_base() == Register::EIP,
            // The decoder has added the address of the next instruction where RIP is the base.
            displacement: instruction.memory_displacement64(),
        })
    }

    /// The address without the segment's base, as LEA computes it.
    #[inline]
    pub fn offset(&self, state: &State) -> u64 {
        self.offset_beyond(state, 0)
    }

    #[inline]
    fn offset_beyond(&self, state: &State, distance_bytes: u64) -> u64 {
        let mut sum = self.displacement.wrapping_add(distance_bytes);
        if self.base != NONE {
            sum = sum.wrapping_add(state.general[usize::from(self.base & 15)]);
        }
        if self.index != NONE {
            let index = state.general[usize::from(self.index & 15)];
            sum = sum.wrapping_add(index.wrapping_mul(self.scale.into()));
        }
        if self.is_narrow {
            sum & 0xffff_ffff
        } else {
            sum
        }
    }

    /// The address.
    #[inline]
    pub fn address(&self, state: &State) -> u64 {
        self.address_beyond(state, 0)
    }

    /// The address so many bytes behind it, modulo 2^64, or 2^32 if it has 32 bits.
    #[inline]
    pub fn address_beyond(&self, state: &State, distance_bytes: u64) -> u64 {
        let base = match self.segment {
            Segment::Flat => 0,
            Segment::Fs => state.fs_base,
            Segment::Gs => state.gs_base,
        };
        self.offset_beyond(state, distance_bytes).wrapping_add(base)
    }
}
