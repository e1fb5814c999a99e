//! The code of the tiers that this CPU has.

use crate::cpu::Features;
use crate::portable;
use crate::selection::Tier;

#[cfg(target_arch = "aarch64")]
use crate::arch::aarch64::{Crc, Pmull as Aarch64Pmull, PmullEor3};
#[cfg(target_arch = "riscv64")]
use crate::arch::riscv64::Zbc;
#[cfg(target_arch = "x86_64")]
use crate::arch::x86_64::{Avx2Pclmul, Avx2Vpclmul, Avx512Vpclmul, Avx512VpclmulGfni, Pclmul};

impl Tier {
    /// The tier's code, to be called on purpose; `None` if this CPU does not have the tier.
    ///
    /// # Panics
    /// As [`Tier::detect`].
    pub fn kernel(self) -> Option<Kernel> {
        Kernel::new(self, Features::detect())
    }
}

/// The code of a tier that this CPU has: the value proves that the CPU was asked.
#[derive(Clone, Copy, Debug)]
pub struct Kernel(Witness);

#[derive(Clone, Copy, Debug)]
enum Witness {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Pclmul(Pclmul),
    #[cfg(target_arch = "x86_64")]
    Avx2Pclmul(Avx2Pclmul),
    #[cfg(target_arch = "x86_64")]
    Avx2Vpclmul(Avx2Vpclmul),
    #[cfg(target_arch = "x86_64")]
    Avx512Vpclmul(Avx512Vpclmul),
    #[cfg(target_arch = "x86_64")]
    Avx512VpclmulGfni(Avx512VpclmulGfni),
    #[cfg(target_arch = "aarch64")]
    Crc(Crc),
    #[cfg(target_arch = "aarch64")]
    Pmull(Aarch64Pmull),
    #[cfg(target_arch = "aarch64")]
    PmullEor3(PmullEor3),
    #[cfg(target_arch = "riscv64")]
    Zbc(Zbc),
}

/// The function of this name that belongs to the tier of a kernel.
macro_rules! code_of {
    ($kernel:expr, $function:ident) => {
        match $kernel.0 {
            Witness::Portable => portable::$function as unsafe fn(u32, &[u8]) -> u32,
            #[cfg(target_arch = "x86_64")]
            Witness::Pclmul(_) => Pclmul::$function,
            #[cfg(target_arch = "x86_64")]
            Witness::Avx2Pclmul(_) => Avx2Pclmul::$function,
            #[cfg(target_arch = "x86_64")]
            Witness::Avx2Vpclmul(_) => Avx2Vpclmul::$function,
            #[cfg(target_arch = "x86_64")]
            Witness::Avx512Vpclmul(_) => Avx512Vpclmul::$function,
            #[cfg(target_arch = "x86_64")]
            Witness::Avx512VpclmulGfni(_) => Avx512VpclmulGfni::$function,
            #[cfg(target_arch = "aarch64")]
            Witness::Crc(_) => Crc::$function,
            #[cfg(target_arch = "aarch64")]
            Witness::Pmull(_) => Aarch64Pmull::$function,
            #[cfg(target_arch = "aarch64")]
            Witness::PmullEor3(_) => PmullEor3::$function,
            #[cfg(target_arch = "riscv64")]
            Witness::Zbc(_) => Zbc::$function,
        }
    };
}

impl Kernel {
    /// The code that every CPU can run.
    pub(crate) const PORTABLE: Self = Self(Witness::Portable);

    #[inline]
    fn new(tier: Tier, features: Features) -> Option<Self> {
        Some(Self(match tier {
            Tier::Portable => Witness::Portable,
            #[cfg(target_arch = "x86_64")]
            Tier::X86Pclmul => Witness::Pclmul(Pclmul::witness(features)?),
            #[cfg(target_arch = "x86_64")]
            Tier::X86Avx2Pclmul => Witness::Avx2Pclmul(Avx2Pclmul::witness(features)?),
            #[cfg(target_arch = "x86_64")]
            Tier::X86Avx2Vpclmul => Witness::Avx2Vpclmul(Avx2Vpclmul::witness(features)?),
            #[cfg(target_arch = "x86_64")]
            Tier::X86Avx512Vpclmul => Witness::Avx512Vpclmul(Avx512Vpclmul::witness(features)?),
            #[cfg(target_arch = "x86_64")]
            Tier::X86Avx512VpclmulGfni => {
                Witness::Avx512VpclmulGfni(Avx512VpclmulGfni::witness(features)?)
            }
            #[cfg(target_arch = "aarch64")]
            Tier::Aarch64Crc => Witness::Crc(Crc::witness(features)?),
            #[cfg(target_arch = "aarch64")]
            Tier::Aarch64Pmull => Witness::Pmull(Aarch64Pmull::witness(features)?),
            #[cfg(target_arch = "aarch64")]
            Tier::Aarch64PmullEor3 => Witness::PmullEor3(PmullEor3::witness(features)?),
            #[cfg(target_arch = "riscv64")]
            Tier::RiscvZbc => Witness::Zbc(Zbc::witness(features)?),
            _ => {
                debug_assert!(tier.architecture().is_none_or(|other| !other.is_here()));
                debug_assert!(!features.contains_all(tier.required()));
                return None;
            }
        }))
    }

    /// The tier that the code belongs to.
    pub const fn tier(self) -> Tier {
        match self.0 {
            Witness::Portable => Tier::Portable,
            #[cfg(target_arch = "x86_64")]
            Witness::Pclmul(_) => Tier::X86Pclmul,
            #[cfg(target_arch = "x86_64")]
            Witness::Avx2Pclmul(_) => Tier::X86Avx2Pclmul,
            #[cfg(target_arch = "x86_64")]
            Witness::Avx2Vpclmul(_) => Tier::X86Avx2Vpclmul,
            #[cfg(target_arch = "x86_64")]
            Witness::Avx512Vpclmul(_) => Tier::X86Avx512Vpclmul,
            #[cfg(target_arch = "x86_64")]
            Witness::Avx512VpclmulGfni(_) => Tier::X86Avx512VpclmulGfni,
            #[cfg(target_arch = "aarch64")]
            Witness::Crc(_) => Tier::Aarch64Crc,
            #[cfg(target_arch = "aarch64")]
            Witness::Pmull(_) => Tier::Aarch64Pmull,
            #[cfg(target_arch = "aarch64")]
            Witness::PmullEor3(_) => Tier::Aarch64PmullEor3,
            #[cfg(target_arch = "riscv64")]
            Witness::Zbc(_) => Tier::RiscvZbc,
        }
    }

    /// The checksum after `message`, from the checksum before it (0 at first).
    #[inline]
    pub fn update(self, checksum: u32, message: &[u8]) -> u32 {
        #[cfg(feature = "testing")]
        let entry = code_of!(self, counted);
        #[cfg(not(feature = "testing"))]
        let entry = self.entry();
        // SAFETY: the code is that of the witness in `self`, which proves that the CPU has what the
        // code is compiled for.
        unsafe { entry(checksum, message) }
    }

    /// [`Kernel::update`], for benchmarks: the feature `testing` does not count the call.
    #[inline]
    pub fn update_uncounted(self, checksum: u32, message: &[u8]) -> u32 {
        // SAFETY: as in `update`.
        unsafe { self.entry()(checksum, message) }
    }

    /// The address of the code. A call is safe on this machine, since the kernel exists.
    #[inline]
    pub(crate) fn entry(self) -> unsafe fn(u32, &[u8]) -> u32 {
        code_of!(self, entry)
    }
}

#[cfg(all(test, any(target_arch = "x86_64", target_arch = "aarch64")))]
mod tests {
    use super::*;
    use crate::cpu::Feature;

    #[cfg(target_arch = "x86_64")]
    const COMPILED_FOR: [(Tier, &str); 5] = [
        (Tier::X86Pclmul, Pclmul::COMPILED_FOR),
        (Tier::X86Avx2Pclmul, Avx2Pclmul::COMPILED_FOR),
        (Tier::X86Avx2Vpclmul, Avx2Vpclmul::COMPILED_FOR),
        (Tier::X86Avx512Vpclmul, Avx512Vpclmul::COMPILED_FOR),
        (Tier::X86Avx512VpclmulGfni, Avx512VpclmulGfni::COMPILED_FOR),
    ];

    #[cfg(target_arch = "aarch64")]
    const COMPILED_FOR: [(Tier, &str); 3] = [
        (Tier::Aarch64Crc, Crc::COMPILED_FOR),
        (Tier::Aarch64Pmull, Aarch64Pmull::COMPILED_FOR),
        (Tier::Aarch64PmullEor3, PmullEor3::COMPILED_FOR),
    ];

    /// The feature of a compiler's name. A compiler's `aes` is FEAT_AES and FEAT_PMULL, as our
    /// `pmull` is; every aarch64 has `neon`.
    fn feature(name: &str) -> Option<Feature> {
        let name = match name {
            "neon" => return None,
            "aes" => "pmull",
            _ => name,
        };
        Some(name.parse().expect("a feature"))
    }

    /// Less than what the code is compiled for would be an illegal instruction on some CPU, more
    /// would take the tier from CPUs that can run it.
    #[test]
    fn a_tier_requires_what_it_is_compiled_for() {
        for (tier, compiled_for) in COMPILED_FOR {
            let features: Features = compiled_for.split(',').filter_map(feature).collect();
            assert_eq!(tier.required(), features, "{tier}");
            let fits = Features::of_the_machine().contains_all(features);
            assert_eq!(tier.kernel().map(Kernel::tier), fits.then_some(tier));
        }
    }
}
