//! The tiers: which there are, which features each requires, and which one a CPU gets.

use crate::cpu::{Architecture, Feature, Features};
use core::fmt;
use core::str::FromStr;

/// One way to compute the checksum, for one set of CPU features.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Tier {
    /// Table look-ups, on every CPU.
    Portable,
    /// SSE4.1 and PCLMULQDQ: Westmere to Ivy Bridge.
    X86Pclmul,
    /// AVX2 and PCLMULQDQ in the VEX encoding: Haswell to Skylake-X, Excavator, Zen 1 and 2.
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
    /// Every tier: by architecture, and within one from the slowest to the fastest.
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

    /// The permanent number in saved inputs, never 0.
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

    /// The features without which the tier's code cannot run.
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

    /// The features of the CPUs that get the tier: those that it requires, and those that make it
    /// the fastest one.
    ///
    /// Matrices take work off the multiplier. They pay on AMD's CPUs, which multiply vectors in two
    /// cycles, and not on Intel's, which do it in one (docs/performance.md).
    pub const fn preferred(self) -> Features {
        match self {
            Self::X86Avx512VpclmulGfni => self.required().with(Feature::Amd),
            _ => self.required(),
        }
    }

    /// The architecture whose CPUs may have the tier; `None` for `portable`, which all have.
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
    /// With the feature `testing`, if `CRCHECK_DISABLE` names something that is not a feature.
    #[inline]
    pub fn detect() -> Self {
        Self::select(&Features::detect())
    }

    /// Whether this CPU has the features that the tier requires.
    ///
    /// # Panics
    /// As [`Tier::detect`].
    pub fn is_available(self) -> bool {
        Features::detect().contains_all(self.required())
    }

    /// The tiers that are available on this CPU, from the slowest to the fastest.
    ///
    /// # Panics
    /// As [`Tier::detect`].
    pub fn available() -> impl Iterator<Item = Self> {
        let features = Features::detect();
        Self::ALL
            .iter()
            .copied()
            .filter(move |tier| features.contains_all(tier.required()))
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The error for a name that no tier has.
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
