//! Tier `aarch64-crc`: the CRC32 instructions, whose polynomial is this one (Cortex-A72 without the
//! cryptographic extension, as in the Raspberry Pi 4).

use super::witness::witness;
use crate::interleaved::CrcInstruction;
use core::arch::aarch64::{__crc32b, __crc32d};

witness!(
    /// A CPU with the CRC32 instructions.
    Crc, Aarch64Crc, "crc", crate::interleaved::update
);

impl CrcInstruction for Crc {
    #[inline(always)]
    fn word(self, register: u32, word: u64) -> u32 {
        // SAFETY: `self` exists only if the CPU has the instruction, for which `witness` asks.
        unsafe { __crc32d(register, word) }
    }

    #[inline(always)]
    fn byte(self, register: u32, byte: u8) -> u32 {
        // SAFETY: as in `word`.
        unsafe { __crc32b(register, byte) }
    }
}
