//! Everything that decides whether a CRC kernel is right.
//!
//! A [`Subject`](subject::Subject) is called on guarded, read-only [memory] under a [fault] handler;
//! the [checks](check) compare what it does with the judges of `crcheck-oracle`; a [plan] says which
//! cases are visited, a [run] visits them, and a [report] tells.

#[cfg(not(target_os = "linux"))]
compile_error!("crcheck's harness and program are for Linux; the kernel crate is for every target");

pub mod artifact;
mod asan;
pub mod audit;
pub mod case;
mod cells;
pub mod certificate;
pub mod check;
mod child;
pub mod corpus;
pub mod describe;
pub mod diagnose;
pub mod environment;
pub mod examine;
pub mod extension;
pub mod fault;
pub mod finding;
pub mod hunt;
pub mod illegal;
pub mod image;
pub mod input;
pub mod map;
pub mod memory;
pub mod mine;
pub mod minimize;
pub mod plan;
pub mod probe;
mod race;
mod repeated;
pub mod replay;
pub mod report;
pub mod rng;
pub mod run;
pub mod subject;
pub mod verdict;
mod verify;
pub mod worker;

pub use asan::{is_active as is_sanitized, on_report as on_sanitizer_report};
pub use crcheck_kernel as kernel;
pub use crcheck_oracle as oracle;
pub use verify::verify;
