//! Faults without parameters, by theme. Each has a regression in `corpus`, which tells its story.

#[cfg(target_arch = "x86_64")]
mod abi;
mod article;
mod combine;
mod dispatch;
mod length;
mod memory;
mod shortcut;
mod state;
mod stream;
mod tiers;
mod unsupported;
mod value;

use crate::spec::FaultSpec;

pub(crate) const THEMES: &[&[FaultSpec]] = &[
    article::FAULTS,
    value::FAULTS,
    memory::FAULTS,
    state::FAULTS,
    stream::FAULTS,
    combine::FAULTS,
    dispatch::FAULTS,
    tiers::FAULTS,
    unsupported::FAULTS,
    #[cfg(target_arch = "x86_64")]
    abi::FAULTS,
    shortcut::FAULTS,
    length::FAULTS,
];
