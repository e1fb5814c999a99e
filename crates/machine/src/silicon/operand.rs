//! The operand in memory of an instruction.

use crate::effective_address::EffectiveAddress;
use crate::fault::{AccessKind, Fault};
use crate::memory::{Memory, PAGE_BYTES};
use iced_x86::{
    Instruction, InstructionInfo, Mnemonic, OpAccess, OpCodeOperandKind, OpKind, Register,
};

/// What a page allows. That of the CPU: whoever may write may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Nothing,
    Read,
    Write,
}

/// An operand in memory that the instruction accesses.
#[derive(Debug)]
pub(super) struct Operand {
    pub(super) address: EffectiveAddress,
    pub(super) len_bytes: usize,
    pub(super) is_written: bool,
    /// Whether all of it is accessed. Else the CPU decides, byte by byte.
    pub(super) is_whole: bool,
}

impl Operand {
    /// That of `instruction`. `Some(None)` if it accesses no memory, `None` if nobody knows how to
    /// compute the address.
    pub(super) fn of(instruction: &Instruction, info: &InstructionInfo) -> Option<Option<Self>> {
        let Some(index) = index(instruction) else {
            return Some(None);
        };
        use OpAccess as A;
        let access = info.op_access(index);
        if matches!(access, A::None | A::NoMemAccess) {
            return Some(None);
        }
        let len_bytes = instruction.memory_size().size();
        if len_bytes == 0 {
            return None;
        }
        Some(Some(Self {
            address: EffectiveAddress::new(instruction)?,
            len_bytes,
            is_written: !matches!(access, A::Read | A::CondRead),
            is_whole: !is_masked(instruction),
        }))
    }

    /// What the page allows that the `len_bytes` bytes at `address` lie in, as far as this operand
    /// cares.
    fn allowed(&self, memory: &mut Memory, address: u64, len_bytes: usize) -> Access {
        let mut allows = |access| memory.check(address, len_bytes, access).is_ok();
        match (allows(AccessKind::Read), self.is_written) {
            (false, _) => Access::Nothing,
            (true, true) if allows(AccessKind::Write) => Access::Write,
            (true, _) => Access::Read,
        }
    }

    /// What the first and the last page of it allow.
    pub(super) fn accesses(&self, memory: &mut Memory, address: u64) -> [Access; 2] {
        let first_bytes = self.bytes_in_first_page(address);
        let first = self.allowed(memory, address, first_bytes);
        match self.len_bytes - first_bytes {
            0 => [first; 2],
            rest => {
                let next = address.wrapping_add(first_bytes as u64);
                [first, self.allowed(memory, next, rest)]
            }
        }
    }

    /// How many of its bytes lie in the page of `address`.
    pub(super) fn bytes_in_first_page(&self, address: u64) -> usize {
        let left = PAGE_BYTES - address % PAGE_BYTES;
        self.len_bytes.min(left as usize)
    }

    /// # Errors
    /// If an address of it is not canonical (Intel SDM 1, 3.3.7.1).
    pub(super) fn check_canonical(&self, address: u64) -> Result<(), Fault> {
        let is_canonical = |address: u64| (address as i64) << 16 >> 16 == address as i64;
        let last = address.wrapping_add(self.len_bytes as u64 - 1);
        match [address, last].into_iter().find(|one| !is_canonical(*one)) {
            Some(address) => Err(Fault::NotCanonical { address }),
            None => Ok(()),
        }
    }
}

/// The number of the operand in memory; `None` without one.
fn index(instruction: &Instruction) -> Option<u32> {
    (0..instruction.op_count()).find(|i| instruction.op_kind(*i) == OpKind::Memory)
}

fn is_masked(instruction: &Instruction) -> bool {
    use Mnemonic as M;
    instruction.has_op_mask()
        || matches!(
            instruction.mnemonic(),
            M::Vmaskmovps | M::Vmaskmovpd | M::Vpmaskmovd | M::Vpmaskmovq
        )
}

/// `instruction` with an operand in memory that needs no register but RIP, so that its address is
/// its displacement.
pub(super) fn redirected(instruction: &Instruction) -> Instruction {
    let mut redirected = *instruction;
    let Some(index) = index(instruction) else {
        return redirected;
    };
    let is_offset = instruction.op_code().op_kind(index) == OpCodeOperandKind::mem_offs;
    let base = if is_offset {
        Register::None
    } else {
        Register::RIP
    };
    redirected.set_memory_base(base);
    redirected.set_memory_index(Register::None);
    redirected.set_memory_index_scale(1);
    redirected.set_memory_displ_size(8);
    redirected.set_segment_prefix(Register::None);
    redirected
}
