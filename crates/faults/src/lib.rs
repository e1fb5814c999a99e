//! Faulty CRC-32 kernels, and good ones: what the harness is judged by.
//!
//! Each fault is a mechanism that was reported of a real kernel, or stands in the article that this
//! project starts from, and names the check that must catch it. But for its fault each is right.

mod base;
mod exhibit;
pub mod expect;
mod family;
mod fault;
mod good;
mod library;
pub mod matrix;
mod method;
mod resolve;
pub mod selftest;
pub mod selftest_report;
mod specimen;

pub use exhibit::{Fault, Good, Necessity};
pub use family::Family;
pub use resolve::{ResolveError, from_env, named, resolve, with_seed};
pub use specimen::{Specimen, families};

/// Every fault, by theme.
pub fn faults() -> impl Iterator<Item = &'static Fault> {
    fault::THEMES.iter().copied().flatten()
}

/// Every good kernel.
pub fn good() -> &'static [Good] {
    good::GOOD
}
