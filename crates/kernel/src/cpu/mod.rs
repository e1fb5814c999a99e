//! What the CPU and the operating system offer.
//!
//! [`Feature`], [`Features`] and [`Architecture`] are the vocabulary. [`CpuidWords`],
//! [`HwcapWords`] and [`HwprobeWords`] are what a machine answers, each of one architecture; every
//! architecture can translate all of them. [`Features::detect`] asks this machine, and [`Absence`]
//! says why a feature cannot be used.

mod absence;
mod cpuid;
mod detect;
mod features;
mod hwcap;
mod hwprobe;
#[cfg(feature = "testing")]
mod mask;

pub use absence::Absence;
pub use cpuid::CpuidWords;
pub use features::{Architecture, Feature, Features, UnknownFeature};
pub use hwcap::HwcapWords;
pub use hwprobe::HwprobeWords;
#[cfg(feature = "testing")]
pub use mask::{MaskError, mask};
