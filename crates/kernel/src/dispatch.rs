//! The best tier, found at the first call and kept by its number: no pointer to turn into a function,
//! and a value that two first callers may store at once.

#[cfg(target_arch = "aarch64")]
use crate::arch::aarch64::{Crc, Pmull as Aarch64Pmull, PmullEor3};
#[cfg(target_arch = "riscv64")]
use crate::arch::riscv64::Zbc;
#[cfg(target_arch = "x86_64")]
use crate::arch::x86_64::{Avx2Pclmul, Avx2Vpclmul, Avx512Vpclmul, Pclmul};
use crate::tier::{Kernel, Tier, Witness};
use core::sync::atomic::{AtomicU8, Ordering};

/// The code of the tier that was chosen; 0 before the first call.
static BEST: AtomicU8 = AtomicU8::new(0);

/// The best tier's kernel. The CPU is asked once: what it has does not change.
#[inline]
pub(crate) fn best() -> Kernel {
    match known(BEST.load(Ordering::Relaxed)) {
        Some(witness) => Kernel(witness),
        None => first(),
    }
}

#[cold]
fn first() -> Kernel {
    let kernel = Tier::detect().kernel().unwrap_or(Kernel(Witness::Portable));
    BEST.store(kernel.tier().code(), Ordering::Relaxed);
    kernel
}

/// The witness behind a code from `BEST`.
#[inline]
fn known(code: u8) -> Option<Witness> {
    const PORTABLE: u8 = Tier::Portable.code();
    #[cfg(target_arch = "x86_64")]
    const PCLMUL: u8 = Tier::X86Pclmul.code();
    #[cfg(target_arch = "x86_64")]
    const AVX2_PCLMUL: u8 = Tier::X86Avx2Pclmul.code();
    #[cfg(target_arch = "x86_64")]
    const AVX2_VPCLMUL: u8 = Tier::X86Avx2Vpclmul.code();
    #[cfg(target_arch = "x86_64")]
    const AVX512_VPCLMUL: u8 = Tier::X86Avx512Vpclmul.code();
    #[cfg(target_arch = "aarch64")]
    const CRC: u8 = Tier::Aarch64Crc.code();
    #[cfg(target_arch = "aarch64")]
    const PMULL: u8 = Tier::Aarch64Pmull.code();
    #[cfg(target_arch = "aarch64")]
    const PMULL_EOR3: u8 = Tier::Aarch64PmullEor3.code();
    #[cfg(target_arch = "riscv64")]
    const ZBC: u8 = Tier::RiscvZbc.code();
    Some(match code {
        PORTABLE => Witness::Portable,
        // SAFETY: `first` alone writes `BEST`, and only the code of a kernel that it holds.
        #[cfg(target_arch = "x86_64")]
        AVX512_VPCLMUL => Witness::Avx512Vpclmul(unsafe { Avx512Vpclmul::again() }),
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        AVX2_VPCLMUL => Witness::Avx2Vpclmul(unsafe { Avx2Vpclmul::again() }),
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        AVX2_PCLMUL => Witness::Avx2Pclmul(unsafe { Avx2Pclmul::again() }),
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        PCLMUL => Witness::Pclmul(unsafe { Pclmul::again() }),
        // SAFETY: as above.
        #[cfg(target_arch = "aarch64")]
        PMULL_EOR3 => Witness::PmullEor3(unsafe { PmullEor3::again() }),
        // SAFETY: as above.
        #[cfg(target_arch = "aarch64")]
        PMULL => Witness::Pmull(unsafe { Aarch64Pmull::again() }),
        // SAFETY: as above.
        #[cfg(target_arch = "aarch64")]
        CRC => Witness::Crc(unsafe { Crc::again() }),
        // SAFETY: as above.
        #[cfg(target_arch = "riscv64")]
        ZBC => Witness::Zbc(unsafe { Zbc::again() }),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A code that is not known would have the CPU asked at every call: right, and slow.
    #[test]
    fn the_code_of_every_available_tier_is_known() {
        for tier in Tier::available() {
            let known = known(tier.code()).map(|witness| Kernel(witness).tier());
            assert_eq!(known, Some(tier));
        }
        assert!(known(0).is_none());
    }

    #[test]
    fn the_first_call_leaves_the_code_of_the_best_tier() {
        assert_eq!(best().tier(), Tier::detect());
        assert_eq!(BEST.load(Ordering::Relaxed), Tier::detect().code());
    }
}
