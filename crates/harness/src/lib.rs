//! The front door of crcheck: everything that decides whether a CRC kernel is right.
//!
//! A [`Subject`](subject::Subject) is called on guarded, read-only memory, under a handler of the
//! CPU's signals. The [checks](check::checks) compare what it does with the judges of the
//! [oracle]. A [plan](check::plan) says which cases are visited, a [run](check::run) visits them,
//! and a [report] says what was found.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod verify;

pub use crcheck_check as check;
pub use crcheck_diagnose as diagnose;
pub use crcheck_kernel as kernel;
pub use crcheck_oracle as oracle;
pub use crcheck_platform as platform;
pub use crcheck_report as report;
pub use crcheck_subject as subject;
pub use verify::verify;
