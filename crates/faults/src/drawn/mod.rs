//! Faults whose parameters come from a seed, by theme. From the same parameters each builds its
//! kernel and says what a right diagnosis is, so that nobody can learn the diagnosis by heart.

#[cfg(target_arch = "x86_64")]
mod abi;
mod algorithm;
mod combine;
mod constant;
mod dispatch;
mod memory;
mod message;
mod removal;
mod result;
mod shortcut;
mod state;
mod stream;

use crate::spec::FaultSpec;

pub(crate) const THEMES: &[&[FaultSpec]] = &[
    algorithm::FAULTS,
    result::FAULTS,
    message::FAULTS,
    constant::FAULTS,
    removal::FAULTS,
    memory::FAULTS,
    combine::FAULTS,
    state::FAULTS,
    stream::FAULTS,
    #[cfg(target_arch = "x86_64")]
    abi::FAULTS,
    dispatch::FAULTS,
    shortcut::FAULTS,
];
