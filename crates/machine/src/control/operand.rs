//! Where a value of 64 bits comes from.

use crate::effective_address::EffectiveAddress;
use crate::fault::Fault;
use crate::memory::Memory;
use crate::state::State;
use iced_x86::{Instruction, OpKind};

#[derive(Debug)]
pub(crate) enum Operand {
    Immediate(u64),
    Register(usize),
    Memory(EffectiveAddress),
}

impl Operand {
    /// The first operand of `instruction`, whose register has 16 or 64 bits.
    pub(super) fn first(instruction: &Instruction) -> Option<Self> {
        match instruction.op0_kind() {
            OpKind::NearBranch64 => Some(Self::Immediate(instruction.near_branch64())),
            OpKind::Register if instruction.op0_register().is_gpr() => {
                let register = instruction.op0_register().full_register();
                Some(Self::Register(register.number()))
            }
            OpKind::Memory => EffectiveAddress::new(instruction).map(Self::Memory),
            _ => instruction.try_immediate(0).ok().map(Self::Immediate),
        }
    }

    /// Its value, the lowest `len_bytes` of which are meant: 2 or 8.
    #[inline]
    pub(super) fn value(
        &self,
        len_bytes: u64,
        state: &State,
        memory: &mut Memory,
    ) -> Result<u64, Fault> {
        match self {
            Self::Immediate(value) => Ok(*value),
            Self::Register(number) => Ok(state.general[number & 15]),
            Self::Memory(address) if len_bytes == 2 => {
                let bytes = memory.read_array(address.address(state))?;
                Ok(u16::from_le_bytes(bytes).into())
            }
            Self::Memory(address) => {
                let bytes = memory.read_array(address.address(state))?;
                Ok(u64::from_le_bytes(bytes))
            }
        }
    }
}
