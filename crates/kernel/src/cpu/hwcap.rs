//! What Linux says of an aarch64 (Documentation/arch/arm64/elf_hwcaps.rst).

use super::absence::Absence;
use super::features::{Feature, Features};

/// The word of the auxiliary vector that shows the features.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HwcapWords {
    /// AT_HWCAP; `None` if nothing can read it.
    pub hwcap: Option<u64>,
}

impl HwcapWords {
    /// FEAT_PMULL and FEAT_AES, bits 4 and 3: compilers take the two together, under the name
    /// `aes`.
    pub const PMULL: u64 = 1 << 4 | 1 << 3;
    /// FEAT_CRC32.
    pub const CRC32: u64 = 1 << 7;
    /// FEAT_SHA3, FEAT_SHA512, FEAT_SHA256 and FEAT_SHA1: compilers take the four together, under
    /// the name `sha3`. The first has EOR3.
    pub const SHA3: u64 = 1 << 17 | 1 << 21 | 1 << 6 | 1 << 5;
}

/// The bits that a feature needs, all of them, and which of them is its own.
const BITS: [(Feature, u64, u32); 3] = [
    (Feature::Crc, HwcapWords::CRC32, 7),
    (Feature::Pmull, HwcapWords::PMULL, 4),
    (Feature::Sha3, HwcapWords::SHA3, 17),
];

impl Features {
    /// The features of an aarch64 whose operating system answers `words`.
    pub fn from_hwcap(words: &HwcapWords) -> Self {
        let hwcap = words.hwcap.unwrap_or(0);
        let present = BITS.iter().filter(|(_, bits, _)| hwcap & bits == *bits);
        present.map(|(feature, ..)| *feature).collect()
    }
}

/// Why `feature`, one of aarch64, cannot be used where the operating system answers `words`; `None`
/// if it can.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_that_needs_several_bits_is_absent_without_one_of_them() {
        let sha3 = |hwcap| Features::from_hwcap(&HwcapWords { hwcap }).contains(Feature::Sha3);
        assert!(sha3(Some(HwcapWords::SHA3)) && !sha3(None));
        for bit in [5, 6, 17, 21] {
            let words = HwcapWords {
                hwcap: Some(HwcapWords::SHA3 & !(1 << bit)),
            };
            assert!(!sha3(words.hwcap));
            let absence = absence(Feature::Sha3, &words);
            assert_eq!(absence, Some(Absence::Hwcap { bit }));
        }
    }

    #[cfg(feature = "std")]
    #[test]
    fn an_absence_names_the_bit() {
        let text = |hwcap| {
            let absence = absence(Feature::Crc, &HwcapWords { hwcap });
            std::format!("{}", absence.expect("absent"))
        };
        assert_eq!(text(Some(0)), "AT_HWCAP bit 7 is 0");
        assert_eq!(text(None), "AT_HWCAP cannot be read");
    }
}
