//! The bodies of the fuzz targets.

mod runner;
mod streams;
mod target;

pub use runner::{FuzzRunner, FuzzTally, Taken};
pub use target::Target;
