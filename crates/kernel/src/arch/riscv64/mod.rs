//! The tiers of riscv64.

mod zbc;

pub(crate) use zbc::Zbc;
