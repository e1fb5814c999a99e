//! The tiers: which there are, which this CPU has, which is chosen.

use crate::cpu::{Architecture, Feature, Features};
use crate::fold::thresholds;
use crate::{interleaved, portable};
use core::fmt;
use core::str::FromStr;
#[cfg(feature = "testing")]
use core::sync::atomic::{AtomicU64, Ordering};

#[cfg(target_arch = "aarch64")]
use crate::arch::aarch64::{Crc, Pmull as Aarch64Pmull, PmullEor3};
#[cfg(target_arch = "riscv64")]
use crate::arch::riscv64::Zbc;
#[cfg(target_arch = "x86_64")]
use crate::arch::x86_64::{Avx2Pclmul, Avx2Vpclmul, Avx512Vpclmul, Avx512VpclmulGfni, Pclmul};

/// One way to compute the checksum, for one set of CPU features.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Tier {
    /// Table look-ups, on every CPU.
    Portable,
    /// SSE4.1 and PCLMULQDQ: Westmere to Ivy Bridge.
    X86Pclmul,
    /// The same in the VEX encoding: Haswell to Skylake-X, Excavator, Zen 1 and 2.
    X86Avx2Pclmul,
    /// 256-bit vectors: Alder Lake, Zen 3.
    X86Avx2Vpclmul,
    /// 512-bit vectors: Ice Lake, Sapphire Rapids.
    X86Avx512Vpclmul,
    /// 512-bit vectors and matrices: Zen 4 and 5.
    X86Avx512VpclmulGfni,
    /// The CRC32 instructions: Cortex-A72 without the cryptographic extension.
    Aarch64Crc,
    /// PMULL: Cortex-A53 to A76, Neoverse N1.
    Aarch64Pmull,
    /// PMULL and EOR3: Neoverse V1, Apple M1.
    Aarch64PmullEor3,
    /// Carry-less multiplication of words: SiFive P670, SpacemiT K1.
    RiscvZbc,
}

impl Tier {
    /// Every tier, by architecture, and there from the slowest to the fastest.
    pub const ALL: &'static [Self] = &[
        Self::Portable,
        Self::X86Pclmul,
        Self::X86Avx2Pclmul,
        Self::X86Avx2Vpclmul,
        Self::X86Avx512Vpclmul,
        Self::X86Avx512VpclmulGfni,
        Self::Aarch64Crc,
        Self::Aarch64Pmull,
        Self::Aarch64PmullEor3,
        Self::RiscvZbc,
    ];

    /// The name on command lines and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::X86Pclmul => "x86-pclmul",
            Self::X86Avx2Pclmul => "x86-avx2-pclmul",
            Self::X86Avx2Vpclmul => "x86-avx2-vpclmul",
            Self::X86Avx512Vpclmul => "x86-avx512-vpclmul",
            Self::X86Avx512VpclmulGfni => "x86-avx512-vpclmul-gfni",
            Self::Aarch64Crc => "aarch64-crc",
            Self::Aarch64Pmull => "aarch64-pmull",
            Self::Aarch64PmullEor3 => "aarch64-pmull-eor3",
            Self::RiscvZbc => "riscv-zbc",
        }
    }

    /// The permanent number in saved inputs; never 0.
    pub const fn code(self) -> u8 {
        match self {
            Self::Portable => 1,
            Self::X86Pclmul => 2,
            Self::X86Avx2Pclmul => 3,
            Self::X86Avx2Vpclmul => 4,
            Self::X86Avx512Vpclmul => 5,
            Self::X86Avx512VpclmulGfni => 6,
            Self::Aarch64Crc => 8,
            Self::Aarch64Pmull => 9,
            Self::Aarch64PmullEor3 => 10,
            Self::RiscvZbc => 11,
        }
    }

    /// The tier with this number.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|tier| tier.code() == code)
    }

    /// The features that the tier needs.
    pub const fn required(self) -> Features {
        let set = Features::EMPTY;
        match self {
            Self::Portable => set,
            Self::X86Pclmul => set.with(Feature::Sse41).with(Feature::Pclmulqdq),
            Self::X86Avx2Pclmul => set.with(Feature::Avx2).with(Feature::Pclmulqdq),
            Self::X86Avx2Vpclmul => Self::X86Avx2Pclmul.required().with(Feature::Vpclmulqdq),
            Self::X86Avx512Vpclmul => set
                .with(Feature::Avx512f)
                .with(Feature::Avx512bw)
                .with(Feature::Avx512dq)
                .with(Feature::Avx512vl)
                .with(Feature::Pclmulqdq)
                .with(Feature::Vpclmulqdq),
            Self::X86Avx512VpclmulGfni => Self::X86Avx512Vpclmul.required().with(Feature::Gfni),
            Self::Aarch64Crc => set.with(Feature::Crc),
            Self::Aarch64Pmull => set.with(Feature::Pmull),
            Self::Aarch64PmullEor3 => set.with(Feature::Pmull).with(Feature::Sha3),
            Self::RiscvZbc => set.with(Feature::Zbc),
        }
    }

    /// The features of the CPUs that it is chosen for: those that it needs, and what makes it the faster one.
    ///
    /// Matrices take work off the multiplier, which AMD's CPUs need two cycles for a product of vectors, and
    /// Intel's one (docs/performance.md).
    pub const fn preferred(self) -> Features {
        match self {
            Self::X86Avx512VpclmulGfni => self.required().with(Feature::Amd),
            _ => self.required(),
        }
    }

    /// The architecture whose CPUs may have it; `None` for `portable`, which all have.
    pub fn architecture(self) -> Option<Architecture> {
        self.required().iter().next().map(Feature::architecture)
    }

    /// The best tier for a CPU with these features.
    pub fn select(features: &Features) -> Self {
        let fits = |tier: &&Self| features.contains_all(tier.preferred());
        Self::ALL
            .iter()
            .rev()
            .find(fits)
            .copied()
            .unwrap_or(Self::Portable)
    }

    /// The tier that this CPU gets.
    ///
    /// # Panics
    /// With the feature `testing`, if `CRCHECK_DISABLE` names something that is no feature.
    pub fn detect() -> Self {
        Self::select(&Features::detect())
    }

    /// Whether this CPU has the tier.
    pub fn is_available(self) -> bool {
        Features::detect().contains_all(self.required())
    }

    /// The tiers that this CPU has, from the slowest to the fastest.
    pub fn available() -> impl Iterator<Item = Self> {
        let features = Features::detect();
        Self::ALL
            .iter()
            .copied()
            .filter(move |tier| features.contains_all(tier.required()))
    }

    /// The tier's code, to be called on purpose; `None` if this CPU does not have the tier.
    pub fn kernel(self) -> Option<Kernel> {
        Kernel::new(self, Features::detect())
    }

    /// The same algorithm with the software backend, on every CPU; `None` for `portable`, which has
    /// no other form.
    #[cfg(feature = "emu")]
    pub const fn emulate(self) -> Option<Emulated> {
        match self {
            Self::Portable => None,
            _ => Some(Emulated(self)),
        }
    }

    /// The lengths in bytes from which on the tier's code takes another path, but for one of 12 MiB, from
    /// which on it takes a path of shorter messages again.
    pub const fn thresholds(self) -> &'static [usize] {
        match self {
            Self::Portable => portable::THRESHOLDS,
            Self::X86Pclmul
            | Self::X86Avx2Pclmul
            | Self::Aarch64Pmull
            | Self::Aarch64PmullEor3
            | Self::RiscvZbc => thresholds::XMM,
            Self::Aarch64Crc => interleaved::THRESHOLDS,
            Self::X86Avx2Vpclmul => thresholds::YMM,
            Self::X86Avx512Vpclmul => thresholds::ZMM,
            Self::X86Avx512VpclmulGfni => thresholds::ZMM_AFFINE,
        }
    }

    /// How many calls by [`Kernel::update`] have entered the tier's code in this process, roughly: concurrent ones
    /// may be counted once. A test that leaves this unchanged has not run the tier.
    #[cfg(feature = "testing")]
    pub fn entered(self) -> u64 {
        ENTERED[usize::from(self.code())].load(Ordering::Relaxed)
    }

    /// [`Tier::entered`] of the software version.
    #[cfg(feature = "testing")]
    pub fn entered_emulated(self) -> u64 {
        ENTERED_EMULATED[usize::from(self.code())].load(Ordering::Relaxed)
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that is no tier's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownTier;

impl fmt::Display for UnknownTier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a tier; the tiers are ")?;
        Tier::ALL.iter().enumerate().try_for_each(|(index, tier)| {
            f.write_str(if index == 0 { "" } else { ", " })?;
            f.write_str(tier.name())
        })
    }
}

impl core::error::Error for UnknownTier {}

impl FromStr for Tier {
    type Err = UnknownTier;

    fn from_str(name: &str) -> Result<Self, UnknownTier> {
        Self::ALL
            .iter()
            .copied()
            .find(|tier| tier.name() == name)
            .ok_or(UnknownTier)
    }
}

/// A tier that this CPU has: a value is the witness that the CPU was asked.
#[derive(Clone, Copy, Debug)]
pub struct Kernel(pub(crate) Witness);

#[derive(Clone, Copy, Debug)]
pub(crate) enum Witness {
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
                debug_assert!(tier.architecture().is_none_or(|there| !there.is_here()));
                debug_assert!(!features.contains_all(tier.required()));
                return None;
            }
        }))
    }

    /// The tier.
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
        // SAFETY: the code is that of the witness in `self`.
        unsafe { entry(checksum, message) }
    }

    /// The same, and not counted where the feature `testing` counts calls: for benchmarks.
    #[inline]
    pub fn update_uncounted(self, checksum: u32, message: &[u8]) -> u32 {
        // SAFETY: as in `update`.
        unsafe { self.entry()(checksum, message) }
    }

    /// The tier's code: safe as long as a kernel with this witness exists.
    #[inline]
    pub(crate) fn entry(self) -> unsafe fn(u32, &[u8]) -> u32 {
        code_of!(self, entry)
    }
}

/// The software version of a tier.
#[cfg(feature = "emu")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Emulated(Tier);

#[cfg(feature = "emu")]
impl Emulated {
    /// The tier.
    pub const fn tier(self) -> Tier {
        self.0
    }

    /// The checksum after `message`, from the checksum before it (0 at first).
    pub fn update(self, checksum: u32, message: &[u8]) -> u32 {
        use crate::arch::emu::{Emu, EmuCrc};
        use crate::fold::update;
        #[cfg(feature = "testing")]
        count(&ENTERED_EMULATED, self.0);
        match self.0 {
            Tier::Portable => portable::entry(checksum, message),
            Tier::X86Pclmul
            | Tier::X86Avx2Pclmul
            | Tier::Aarch64Pmull
            | Tier::Aarch64PmullEor3
            | Tier::RiscvZbc => update(Emu::<1, 16>, checksum, message),
            Tier::Aarch64Crc => interleaved::update(EmuCrc, checksum, message),
            Tier::X86Avx2Vpclmul => update(Emu::<2, 32>, checksum, message),
            Tier::X86Avx512Vpclmul => update(Emu::<4, 64>, checksum, message),
            Tier::X86Avx512VpclmulGfni => update(Emu::<4, 64, true>, checksum, message),
        }
    }
}

/// Calls per tier, by its code.
#[cfg(feature = "testing")]
static ENTERED: [AtomicU64; 16] = [const { AtomicU64::new(0) }; 16];

#[cfg(feature = "testing")]
static ENTERED_EMULATED: [AtomicU64; 16] = [const { AtomicU64::new(0) }; 16];

/// One more call into the tier's code.
#[cfg(feature = "testing")]
#[inline]
pub(crate) fn count_entered(tier: Tier) {
    count(&ENTERED, tier);
}

/// A load and a store instead of one atomic addition: a lost count does no harm, a locked
/// instruction in each call would.
#[cfg(feature = "testing")]
#[inline]
fn count(counters: &[AtomicU64; 16], tier: Tier) {
    let counter = &counters[usize::from(tier.code())];
    counter.store(
        counter.load(Ordering::Relaxed).wrapping_add(1),
        Ordering::Relaxed,
    );
}
