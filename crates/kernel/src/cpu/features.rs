//! The vocabulary: features, sets of them, and the architectures that have them.

use core::fmt;
use core::str::FromStr;

/// A CPU feature that some tier requires or prefers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Feature {
    /// SSE4.1.
    Sse41,
    /// Carry-less multiplication of 128-bit registers.
    Pclmulqdq,
    /// AVX with its state enabled.
    Avx,
    /// AVX2.
    Avx2,
    /// Carry-less multiplication of 256-bit registers, and of 512-bit ones with AVX-512.
    Vpclmulqdq,
    /// AVX-512 foundation with its state enabled.
    Avx512f,
    /// AVX-512 byte and word instructions.
    Avx512bw,
    /// AVX-512 doubleword and quadword instructions.
    Avx512dq,
    /// AVX-512 instructions on shorter vectors.
    Avx512vl,
    /// Matrices over GF(2), in every encoding that the CPU has.
    Gfni,
    /// AMD designed the CPU, which says how long its instructions take. No tier requires it.
    Amd,
    /// aarch64: the CRC32 instructions.
    Crc,
    /// aarch64: carry-less multiplication of words.
    Pmull,
    /// aarch64: SHA-3, and with it the XOR of three.
    Sha3,
    /// riscv64: carry-less multiplication of words.
    Zbc,
}

/// An architecture that has tiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// x86-64.
    X86_64,
    /// ARM, 64 bit.
    Aarch64,
    /// RISC-V, 64 bit.
    Riscv64,
}

impl Architecture {
    /// The architecture of this program; `None` if it has no tiers.
    pub const HERE: Option<Self> = if cfg!(target_arch = "x86_64") {
        Some(Self::X86_64)
    } else if cfg!(target_arch = "aarch64") {
        Some(Self::Aarch64)
    } else if cfg!(target_arch = "riscv64") {
        Some(Self::Riscv64)
    } else {
        None
    };

    /// Rust's name, as in `target_arch`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Aarch64 => "aarch64",
            Self::Riscv64 => "riscv64",
        }
    }

    /// Whether this program is one for this architecture.
    pub const fn is_here(self) -> bool {
        matches!(
            (self, Self::HERE),
            (Self::X86_64, Some(Self::X86_64))
                | (Self::Aarch64, Some(Self::Aarch64))
                | (Self::Riscv64, Some(Self::Riscv64))
        )
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Feature {
    /// Every feature, in the order of the variants.
    pub const ALL: &'static [Self] = &[
        Self::Sse41,
        Self::Pclmulqdq,
        Self::Avx,
        Self::Avx2,
        Self::Vpclmulqdq,
        Self::Avx512f,
        Self::Avx512bw,
        Self::Avx512dq,
        Self::Avx512vl,
        Self::Gfni,
        Self::Amd,
        Self::Crc,
        Self::Pmull,
        Self::Sha3,
        Self::Zbc,
    ];

    /// The name that compilers use. Compilers have none for `amd`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sse41 => "sse4.1",
            Self::Pclmulqdq => "pclmulqdq",
            Self::Avx => "avx",
            Self::Avx2 => "avx2",
            Self::Vpclmulqdq => "vpclmulqdq",
            Self::Avx512f => "avx512f",
            Self::Avx512bw => "avx512bw",
            Self::Avx512dq => "avx512dq",
            Self::Avx512vl => "avx512vl",
            Self::Gfni => "gfni",
            Self::Amd => "amd",
            Self::Crc => "crc",
            Self::Pmull => "pmull",
            Self::Sha3 => "sha3",
            Self::Zbc => "zbc",
        }
    }

    /// The architecture whose CPUs may have the feature.
    pub const fn architecture(self) -> Architecture {
        match self {
            Self::Crc | Self::Pmull | Self::Sha3 => Architecture::Aarch64,
            Self::Zbc => Architecture::Riscv64,
            _ => Architecture::X86_64,
        }
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The error for a name that no feature has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownFeature;

impl fmt::Display for UnknownFeature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a known CPU feature; the known ones are ")?;
        Features::from_iter(Feature::ALL.iter().copied()).fmt(f)
    }
}

impl core::error::Error for UnknownFeature {}

impl FromStr for Feature {
    type Err = UnknownFeature;

    fn from_str(name: &str) -> Result<Self, UnknownFeature> {
        Self::ALL
            .iter()
            .copied()
            .find(|feature| feature.name() == name)
            .ok_or(UnknownFeature)
    }
}

/// A set of features.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Features(u32);

impl Features {
    /// The empty set.
    pub const EMPTY: Self = Self(0);

    /// The set with `feature` added.
    #[must_use]
    pub const fn with(self, feature: Feature) -> Self {
        Self(self.0 | 1 << feature as u32)
    }

    /// The set less the features in `others`.
    #[must_use]
    pub const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// Whether `feature` is in the set.
    pub const fn contains(self, feature: Feature) -> bool {
        self.0 >> feature as u32 & 1 == 1
    }

    /// Whether all of `others` are in the set.
    pub const fn contains_all(self, others: Self) -> bool {
        others.without(self).0 == 0
    }

    /// The features, in the order of [`Feature::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Feature> {
        Feature::ALL
            .iter()
            .copied()
            .filter(move |&feature| self.contains(feature))
    }
}

impl FromIterator<Feature> for Features {
    fn from_iter<T: IntoIterator<Item = Feature>>(features: T) -> Self {
        features.into_iter().fold(Self::EMPTY, Self::with)
    }
}

impl fmt::Display for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().enumerate().try_for_each(|(index, feature)| {
            f.write_str(if index == 0 { "" } else { ", " })?;
            feature.fmt(f)
        })
    }
}

impl fmt::Debug for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_sets() {
        let set = Features::EMPTY.with(Feature::Avx).with(Feature::Sse41);
        assert!(set.contains(Feature::Avx) && !set.contains(Feature::Avx2));
        assert!(set.contains_all(Features::EMPTY) && set.contains_all(set));
        assert!(!set.contains_all(set.with(Feature::Avx512f)));
        assert_eq!(
            set.without(Features::EMPTY.with(Feature::Avx))
                .iter()
                .count(),
            1
        );
        #[cfg(feature = "std")]
        assert_eq!(std::format!("{set}"), "sse4.1, avx");
        #[cfg(feature = "std")]
        assert_eq!(std::format!("{set:?}"), "{Sse41, Avx}");
    }
}
