//! Detection: what this machine has.

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "riscv64")]
mod riscv64;
#[cfg(target_arch = "x86_64")]
mod x86_64;

use super::absence::Absence;
use super::cpuid::CpuidWords;
use super::features::{Architecture, Feature, Features};
use super::hwcap::{self, HwcapWords};
use super::hwprobe::{self, HwprobeWords};
#[cfg(feature = "testing")]
use super::mask::mask;

impl CpuidWords {
    /// What this machine answers; zeros on architectures without CPUID.
    pub fn of_the_machine() -> Self {
        #[cfg(target_arch = "x86_64")]
        return x86_64::words();
        #[cfg(not(target_arch = "x86_64"))]
        return Self::default();
    }
}

impl HwcapWords {
    /// What this machine answers; nothing on other architectures.
    pub fn of_the_machine() -> Self {
        #[cfg(target_arch = "aarch64")]
        return aarch64::words();
        #[cfg(not(target_arch = "aarch64"))]
        return Self::default();
    }
}

impl HwprobeWords {
    /// What this machine answers; nothing on other architectures.
    pub fn of_the_machine() -> Self {
        #[cfg(target_arch = "riscv64")]
        return riscv64::words();
        #[cfg(not(target_arch = "riscv64"))]
        return Self::default();
    }
}

impl Features {
    /// The features of this CPU under this operating system; none on architectures without tiers.
    ///
    /// # Panics
    /// With the feature `testing`, if `CRCHECK_DISABLE` names something that is not a feature.
    pub fn detect() -> Self {
        #[cfg(feature = "testing")]
        let masked = mask().unwrap_or_else(|error| panic!("{error}"));
        #[cfg(not(feature = "testing"))]
        let masked = Self::EMPTY;
        Self::of_the_machine().without(masked)
    }

    /// [`Features::detect`], whatever `CRCHECK_DISABLE` says.
    pub fn of_the_machine() -> Self {
        #[cfg(target_arch = "x86_64")]
        return Self::from_cpuid(&CpuidWords::of_the_machine());
        #[cfg(target_arch = "aarch64")]
        return Self::from_hwcap(&HwcapWords::of_the_machine());
        #[cfg(target_arch = "riscv64")]
        return Self::from_hwprobe(&HwprobeWords::of_the_machine());
        #[cfg(not(any(
            target_arch = "x86_64",
            target_arch = "aarch64",
            target_arch = "riscv64"
        )))]
        return Self::EMPTY;
    }

    /// Why `feature` cannot be used on this machine, whatever `CRCHECK_DISABLE` says; `None` if it
    /// can.
    pub fn absence_here(feature: Feature) -> Option<Absence> {
        let architecture = feature.architecture();
        if !architecture.is_here() {
            return Some(Absence::Architecture(architecture));
        }
        match architecture {
            Architecture::X86_64 => Self::absence(feature, &CpuidWords::of_the_machine()),
            Architecture::Aarch64 => hwcap::absence(feature, &HwcapWords::of_the_machine()),
            Architecture::Riscv64 => hwprobe::absence(feature, &HwprobeWords::of_the_machine()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_is_absent_here_or_present() {
        for &feature in Feature::ALL {
            let absence = Features::absence_here(feature);
            let is_foreign = matches!(absence, Some(Absence::Architecture(_)));
            assert_eq!(is_foreign, !feature.architecture().is_here(), "{feature}");
            let is_present = Features::of_the_machine().contains(feature);
            assert_eq!(absence.is_none(), is_present, "{feature}");
        }
    }
}
