//! What Linux says of a riscv64 (Documentation/arch/riscv/hwprobe.rst).

use super::{Absence, Feature, Features};

/// The value of the key that tells of the features.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HwprobeWords {
    /// RISCV_HWPROBE_KEY_IMA_EXT_0; `None` if the operating system does not know it.
    pub ima_ext_0: Option<u64>,
}

impl HwprobeWords {
    /// What this machine says; nothing on other architectures.
    pub fn of_the_machine() -> Self {
        #[cfg(target_arch = "riscv64")]
        return crate::arch::riscv64::detect::words();
        #[cfg(not(target_arch = "riscv64"))]
        return Self::default();
    }
}

const BITS: [(Feature, u32); 1] = [(Feature::Zbc, 7)];

pub(super) fn features(words: &HwprobeWords) -> Features {
    let value = words.ima_ext_0.unwrap_or(0);
    let present = BITS.iter().filter(|(_, bit)| value >> bit & 1 == 1);
    present.map(|(feature, _)| *feature).collect()
}

pub(super) fn absence(feature: Feature, words: &HwprobeWords) -> Option<Absence> {
    let (_, bit) = BITS.into_iter().find(|row| row.0 == feature)?;
    match words.ima_ext_0 {
        None => Some(Absence::HwprobeUnknown),
        Some(value) => (value >> bit & 1 == 0).then_some(Absence::Hwprobe { bit }),
    }
}
