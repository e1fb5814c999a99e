//! The faults, by theme.

mod article;
mod combine;
mod dispatch;
mod memory;
mod planted;
mod state;
mod stream;
mod value;

use crate::exhibit::Fault;

/// Every theme's faults.
pub(crate) const THEMES: [&[Fault]; 8] = [
    article::FAULTS,
    value::FAULTS,
    memory::FAULTS,
    state::FAULTS,
    stream::FAULTS,
    combine::FAULTS,
    dispatch::FAULTS,
    planted::FAULTS,
];

/// Every CPU can show it.
const ANYWHERE: fn() -> Option<&'static str> = || None;
