//! The bodies of the fuzz targets.

mod driver;
mod hunt;
mod patience;
mod runner;
mod streams;
mod target;

pub use driver::{Driver, FuzzFinding, FuzzProgress, FuzzSummary, SanitizerFinding};
pub use hunt::{announce, default_subjects};
pub use runner::{FuzzRunner, FuzzTally, Taken};
pub use target::Target;
