//! How fast a CRC-32 kernel is.
//!
//! [Contenders](contender) are timed in [scenarios](scenario) by [runs](run) of interleaved rounds, against
//! the [limits] of the machine; a [report] tells, and [compare] says what has become slower beyond the
//! noise. Nobody is timed who does not compute the right checksum: for tiers the caller asks the
//! harness, and [`contender::Contender::check`] asks the judges for all.

#[cfg(not(target_os = "linux"))]
compile_error!("crcheck's benchmarks are for Linux; the kernel crate is for every target");

pub mod compare;
pub mod contender;
mod flush;
pub mod limits;
mod measure;
mod memory;
#[cfg(feature = "peers")]
mod peers;
pub mod pin;
pub mod report;
pub mod run;
pub mod scenario;
pub mod statistics;

pub use crcheck_oracle::nearest;
pub use flush::is_available as can_flush;
pub use measure::Timer;
pub use memory::Memory;
