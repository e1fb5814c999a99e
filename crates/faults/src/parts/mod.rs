//! What faulty and good kernels are built from. No other module of the crate has `unsafe`.

pub(crate) mod access;
#[cfg(target_arch = "x86_64")]
pub(crate) mod assembly;
pub(crate) mod buffered;
pub(crate) mod instructions;
pub(crate) mod removal;
pub(crate) mod shortcut;
pub(crate) mod state;
