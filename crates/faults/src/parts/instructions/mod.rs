//! Kernels that run instructions which the CPU may lack.

use crate::crc32;

#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(target_arch = "x86_64")]
pub(crate) use x86_64::{
    fold_low_halves, update_by_crc32, update_by_pclmulqdq, update_by_vpclmulqdq,
};

/// The right checksum, and one EOR3 on the way, whether the CPU has it or not.
#[inline(never)]
pub(crate) fn update_with_eor3(checksum: u32, message: &[u8]) -> u32 {
    #[cfg(target_arch = "aarch64")]
    // SAFETY: none: the faulty dispatcher takes for granted that the CPU has the instruction. The
    // harness's signal handler survives it.
    unsafe {
        std::arch::asm!(
            ".arch_extension sha3",
            "eor3 v0.16b, v0.16b, v0.16b, v0.16b",
            ".arch_extension nosha3",
            out("v0") _,
            options(nomem, nostack),
        );
    }
    crc32::update(checksum, message)
}

/// The right checksum, and one CLMUL on the way, whether the CPU has it or not.
#[inline(never)]
pub(crate) fn update_with_clmul(checksum: u32, message: &[u8]) -> u32 {
    #[cfg(target_arch = "riscv64")]
    // SAFETY: none: the faulty dispatcher takes for granted that the CPU has the instruction. The
    // harness's signal handler survives it.
    unsafe {
        std::arch::asm!(
            ".option push",
            ".option arch, +zbc",
            "clmul {product}, {checksum}, {checksum}",
            ".option pop",
            product = out(reg) _,
            checksum = in(reg) u64::from(checksum),
            options(nomem, nostack),
        );
    }
    crc32::update(checksum, message)
}

/// Other architectures lack these instructions, and no fault runs them there.
#[cfg(not(target_arch = "x86_64"))]
mod plain {
    pub(crate) use crate::crc32::update as update_by_pclmulqdq;
    pub(crate) use crate::crc32::update as update_by_vpclmulqdq;
    pub(crate) use crate::crc32::update_register as update_by_crc32;
    pub(crate) use crate::crc32::update_register as fold_low_halves;
}

#[cfg(not(target_arch = "x86_64"))]
pub(crate) use plain::*;
