//! The faults, by theme.

mod article;
#[cfg_attr(target_arch = "x86_64", path = "border/x86_64.rs")]
#[cfg_attr(not(target_arch = "x86_64"), path = "border/other.rs")]
mod border;
mod combine;
mod dispatch;
mod length;
mod memory;
mod planted;
mod sparse;
mod state;
mod stream;
mod value;

pub(crate) use article::aligned_load;
#[cfg(target_arch = "x86_64")]
pub(crate) use border::{AUDITED, AUDITED_AVX, careful, function, in_c, right};
pub(crate) use sparse::{few, right as sparse_right, shortcut};
pub(crate) use state::{MET_BY_CHANCE, resumes, scratch};

use crate::exhibit::Fault;

/// Every theme's faults.
pub(crate) const THEMES: [&[Fault]; 11] = [
    article::FAULTS,
    value::FAULTS,
    memory::FAULTS,
    state::FAULTS,
    stream::FAULTS,
    combine::FAULTS,
    dispatch::FAULTS,
    planted::FAULTS,
    border::FAULTS,
    sparse::FAULTS,
    length::FAULTS,
];

/// Every CPU can show it.
pub(crate) const ANYWHERE: fn() -> Option<&'static str> = || None;
