//! What Linux says of a riscv64 (Documentation/arch/riscv/hwprobe.rst).

use super::absence::Absence;
use super::features::{Feature, Features};

/// The value of the key that shows the features.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HwprobeWords {
    /// RISCV_HWPROBE_KEY_IMA_EXT_0; `None` if the operating system does not know it.
    pub ima_ext_0: Option<u64>,
}

const BITS: [(Feature, u32); 1] = [(Feature::Zbc, 7)];

impl Features {
    /// The features of a riscv64 whose operating system answers `words`.
    pub fn from_hwprobe(words: &HwprobeWords) -> Self {
        let value = words.ima_ext_0.unwrap_or(0);
        let present = BITS.iter().filter(|(_, bit)| value >> bit & 1 == 1);
        present.map(|(feature, _)| *feature).collect()
    }
}

/// Why `feature`, one of riscv64, cannot be used where the operating system answers `words`; `None`
/// if it can.
pub(super) fn absence(feature: Feature, words: &HwprobeWords) -> Option<Absence> {
    let (_, bit) = BITS.into_iter().find(|row| row.0 == feature)?;
    match words.ima_ext_0 {
        None => Some(Absence::HwprobeUnknown),
        Some(value) => (value >> bit & 1 == 0).then_some(Absence::Hwprobe { bit }),
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;

    #[test]
    fn an_absence_names_the_bit() {
        let text = |ima_ext_0| {
            let absence = absence(Feature::Zbc, &HwprobeWords { ima_ext_0 });
            std::format!("{}", absence.expect("absent"))
        };
        assert_eq!(text(Some(0)), "RISCV_HWPROBE_KEY_IMA_EXT_0 bit 7 is 0");
        assert_eq!(text(None), "the operating system has no riscv_hwprobe");
    }
}
