//! What faulty and good kernels are built from.

pub(crate) mod access;
#[cfg(target_arch = "x86_64")]
pub(crate) mod assembly;
pub(crate) mod buffered;
pub(crate) mod removal;
pub(crate) mod shortcut;
pub(crate) mod state;
