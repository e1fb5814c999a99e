//! What a machine must have to show a fault.

/// Names what this machine lacks; `None` if it can show the fault.
pub(crate) type Need = fn() -> Option<&'static str>;

pub(crate) const NOTHING: Need = || None;

pub(crate) const ALIGNED_LOADS: Need =
    || (!cfg!(target_arch = "x86_64")).then_some("loads that demand alignment");

pub(crate) const X86_64_ASSEMBLY: Need =
    || (!cfg!(target_arch = "x86_64")).then_some("assembly of x86-64");

pub(crate) const SSE4_2: Need = || {
    #[cfg(target_arch = "x86_64")]
    let is_there = std::is_x86_feature_detected!("sse4.2");
    #[cfg(not(target_arch = "x86_64"))]
    let is_there = false;
    (!is_there).then_some("SSE4.2")
};

pub(crate) const PCLMULQDQ: Need = || {
    #[cfg(target_arch = "x86_64")]
    let is_there = std::is_x86_feature_detected!("pclmulqdq");
    #[cfg(not(target_arch = "x86_64"))]
    let is_there = false;
    (!is_there).then_some("PCLMULQDQ")
};
