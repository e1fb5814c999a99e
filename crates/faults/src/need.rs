//! What a machine must have to show a fault.

/// Names what this machine lacks; `None` if it can show the fault.
pub(crate) type Need = fn() -> Option<&'static str>;

pub(crate) const NOTHING: Need = || None;

pub(crate) const ALIGNED_LOADS: Need =
    || (!cfg!(target_arch = "x86_64")).then_some("loads that demand alignment");

pub(crate) const X86_64_ASSEMBLY: Need =
    || (!cfg!(target_arch = "x86_64")).then_some("assembly of x86-64");
