//! The operands of one instruction.

use super::operand::{Operand, Part};
use super::size::Size;
use crate::effective_address::EffectiveAddress;
use crate::fault::{AccessKind, Fault};
use crate::memory::Memory;
use crate::state::State;
use iced_x86::Instruction;

/// What the first operand of an instruction is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Role {
    /// Read and written, as in ADD.
    Modified,
    /// Read alone, as in CMP.
    Read,
    /// Written alone, as in MOV.
    Written,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    /// What is written.
    pub(super) to: Operand,
    /// What is read.
    pub(super) from: [Operand; 3],
    /// The width of the operation.
    pub(super) size: Size,
    address: EffectiveAddress,
}

impl Form {
    /// The operands in the order of the instruction. The first one states the width.
    pub(super) fn new(first: Role, instruction: &Instruction) -> Option<Self> {
        let operand = |index| Operand::new(instruction, index);
        let first_operand = operand(0)?;
        let (to, from) = match first {
            Role::Modified => (first_operand, [first_operand, operand(1)?, operand(2)?]),
            Role::Read => (Operand::Absent, [first_operand, operand(1)?, operand(2)?]),
            Role::Written => (first_operand, [operand(1)?, operand(2)?, operand(3)?]),
        };
        let size = first_operand.size()?;
        Some(Self {
            to,
            from: from.map(|operand| match operand {
                Operand::Immediate(value) => Operand::Immediate(value & size.mask()),
                other => other,
            }),
            size,
            address: EffectiveAddress::new(instruction)?,
        })
    }

    /// Operands that the instruction does not state, apart from an address.
    pub(super) fn implied(to: Operand, from: Operand, instruction: &Instruction) -> Option<Self> {
        Some(Self {
            to,
            from: [from, Operand::Absent, Operand::Absent],
            size: to.size().or(from.size()).unwrap_or(Size::Quad),
            address: EffectiveAddress::new(instruction)?,
        })
    }

    /// Where `operand` lies in memory, if it does.
    #[inline]
    pub(super) fn place(&self, operand: Operand, state: &State) -> Option<(u64, Size)> {
        match operand {
            Operand::Memory(size) => Some((self.address.address(state), size)),
            Operand::BitOfMemory(size, part) => {
                let address = self
                    .address
                    .address_beyond(state, distance(size, part, state));
                Some((address, size))
            }
            _ => None,
        }
    }

    /// The address so many bytes behind the operand in memory.
    pub(super) fn address_beyond(&self, distance_bytes: u64, state: &State) -> u64 {
        self.address.address_beyond(state, distance_bytes)
    }

    #[inline]
    pub(super) fn read(
        &self,
        operand: Operand,
        state: &State,
        memory: &mut Memory,
    ) -> Result<u64, Fault> {
        Ok(match operand {
            Operand::Absent => 0,
            Operand::Immediate(value) => value,
            Operand::Register(part) => part.read(state),
            Operand::Address => self.address.offset(state),
            Operand::Memory(_) | Operand::BitOfMemory(..) => {
                return self.load(operand, state, memory);
            }
        })
    }

    #[inline]
    pub(super) fn write(
        &self,
        operand: Operand,
        value: u64,
        state: &mut State,
        memory: &mut Memory,
    ) -> Result<(), Fault> {
        match operand {
            Operand::Absent | Operand::Immediate(_) | Operand::Address => {}
            Operand::Register(part) => part.write(state, value),
            Operand::Memory(_) | Operand::BitOfMemory(..) => {
                return self.store(operand, value, state, memory);
            }
        }
        Ok(())
    }

    // Apart from `read` and `write`, so that these are small where registers are all.
    #[inline(never)]
    fn load(&self, operand: Operand, state: &State, memory: &mut Memory) -> Result<u64, Fault> {
        let Some((address, size)) = self.place(operand, state) else {
            return Ok(0);
        };
        Ok(match size {
            Size::Byte => u8::from_le_bytes(memory.read_array(address)?).into(),
            Size::Word => u16::from_le_bytes(memory.read_array(address)?).into(),
            Size::Double => u32::from_le_bytes(memory.read_array(address)?).into(),
            Size::Quad => u64::from_le_bytes(memory.read_array(address)?),
        })
    }

    #[inline(never)]
    fn store(
        &self,
        operand: Operand,
        value: u64,
        state: &State,
        memory: &mut Memory,
    ) -> Result<(), Fault> {
        let Some((address, size)) = self.place(operand, state) else {
            return Ok(());
        };
        let bytes = value.to_le_bytes();
        match size {
            Size::Byte => memory.write(address, &bytes[..1]),
            Size::Word => memory.write(address, &bytes[..2]),
            Size::Double => memory.write(address, &bytes[..4]),
            Size::Quad => memory.write(address, &bytes),
        }
    }

    /// Whether `operand` can be written.
    #[inline]
    pub(super) fn check_write(
        &self,
        operand: Operand,
        state: &State,
        memory: &mut Memory,
    ) -> Result<(), Fault> {
        match self.place(operand, state) {
            Some((address, size)) => {
                memory.check(address, size.bytes() as usize, AccessKind::Write)
            }
            None => Ok(()),
        }
    }
}

/// How far the element with the bit lies from the first one, in bytes.
fn distance(size: Size, part: Part, state: &State) -> u64 {
    let bit = part.size.extend(part.read(state)) as i64;
    let elements = bit.div_euclid(size.bits().into());
    (elements * i64::from(size.bytes())) as u64
}
