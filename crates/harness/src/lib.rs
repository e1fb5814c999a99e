//! The front door of crcheck, which judges CRC kernels.
//!
//! A test of your own function is a line: [`test!`]. [`Test`] has the same by methods, and
//! [`verify`](fn@verify) takes any [`Subject`](subject::Subject).
//!
//! It calls a [`Subject`](subject::Subject) on guarded, read-only memory, under a handler of the
//! CPU's signals. The [checks](check::checks) compare its results with those of the judges in the
//! [oracle]. A [plan](check::plan) says which cases to visit, a [run](check::run) visits them, and
//! a [report] lists the findings.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod again;
mod environment;
mod first_panic;
mod function;
mod regressions;
mod test;
mod test_macro;
mod test_run;
pub mod values;
mod verify;

pub use crcheck_check as check;
pub use crcheck_diagnose as diagnose;
pub use crcheck_kernel as kernel;
pub use crcheck_machine as machine;
pub use crcheck_oracle as oracle;
pub use crcheck_platform as platform;
pub use crcheck_report as report;
pub use crcheck_subject as subject;
pub use function::{GoesOn, Kernel, OneShot, Register};
pub use test::{FOLDER, Test};
pub use verify::verify;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
