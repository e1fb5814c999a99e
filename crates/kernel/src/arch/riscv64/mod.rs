//! The tiers of riscv64.

pub(crate) mod detect;
mod zbc;

pub(crate) use zbc::Zbc;
