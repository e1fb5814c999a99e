//! Faulty CRC-32 kernels, and good ones: what the harness is judged by.
//!
//! Each fault is a mechanism that was reported of a real kernel, or stands in the article that this
//! project starts from, and names the check that must catch it. But for its fault each is right.

mod base;
mod exhibit;
mod fault;
mod good;
mod resolve;
pub mod selftest;
pub mod selftest_report;

pub use exhibit::{Fault, Good, Necessity};
pub use resolve::{ResolveError, from_env, named, resolve};

/// Every fault, by theme.
pub fn faults() -> impl Iterator<Item = &'static Fault> {
    fault::THEMES.iter().copied().flatten()
}

/// Every good kernel.
pub fn good() -> &'static [Good] {
    good::GOOD
}
