//! What Linux says of an aarch64 (Documentation/arch/arm64/elf_hwcaps.rst).

use super::{Absence, Feature, Features};

/// The word of the auxiliary vector that tells of the features.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HwcapWords {
    /// AT_HWCAP; `None` if it cannot be read.
    pub hwcap: Option<u64>,
}

impl HwcapWords {
    /// FEAT_PMULL and FEAT_AES, bits 4 and 3: compilers take the two together, under the name `aes`.
    pub const PMULL: u64 = 1 << 4 | 1 << 3;
    /// FEAT_CRC32.
    pub const CRC32: u64 = 1 << 7;
    /// FEAT_SHA3, FEAT_SHA512, FEAT_SHA256 and FEAT_SHA1, which compilers take together: EOR3 is the
    /// first's.
    pub const SHA3: u64 = 1 << 17 | 1 << 21 | 1 << 6 | 1 << 5;

    /// What this machine says; nothing on other architectures.
    pub fn of_the_machine() -> Self {
        #[cfg(target_arch = "aarch64")]
        return crate::arch::aarch64::detect::words();
        #[cfg(not(target_arch = "aarch64"))]
        return Self::default();
    }
}

/// The bits that a feature needs, all of them, and which of them is its own.
const BITS: [(Feature, u64, u32); 3] = [
    (Feature::Crc, HwcapWords::CRC32, 7),
    (Feature::Pmull, HwcapWords::PMULL, 4),
    (Feature::Sha3, HwcapWords::SHA3, 17),
];

pub(super) fn features(words: &HwcapWords) -> Features {
    let hwcap = words.hwcap.unwrap_or(0);
    let present = BITS.iter().filter(|(_, bits, _)| hwcap & bits == *bits);
    present.map(|(feature, ..)| *feature).collect()
}

pub(super) fn absence(feature: Feature, words: &HwcapWords) -> Option<Absence> {
    let (_, bits, own) = BITS.into_iter().find(|row| row.0 == feature)?;
    let Some(hwcap) = words.hwcap else {
        return Some(Absence::HwcapUnknown);
    };
    let missing = bits & !hwcap;
    (missing != 0).then_some(Absence::Hwcap {
        bit: if missing >> own & 1 == 1 {
            own
        } else {
            missing.trailing_zeros()
        },
    })
}
