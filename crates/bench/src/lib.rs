//! How fast a CRC-32 kernel is.
//!
//! A [run] times [contenders](contender) in [scenarios](scenario), in interleaved rounds, and
//! measures the [limits] of the machine. A [report] has the figures, and [compare] says which have
//! become worse by more than the noise. A [profile] says where the time goes, and [inject] plants a
//! slow case that both must show. A contender that computes a wrong checksum is not timed:
//! the caller verifies tiers with the harness, and [`contender::Contender::check`] compares every
//! contender with the judges. [`claims`] judges what the article says of all this.

#[cfg(not(target_os = "linux"))]
compile_error!("crcheck's benchmarks are for Linux; the kernel crate is for every target");

mod chart;
pub mod claims;
pub mod compare;
pub mod contender;
mod count;
pub mod flush;
pub mod function;
pub mod inject;
pub mod io;
pub mod limits;
pub mod measurement;
mod memory;
#[cfg(feature = "peers")]
mod peers;
pub mod pin;
pub mod profile;
mod random;
pub mod report;
mod rows;
pub mod run;
pub mod scenario;
pub mod statistics;
mod table;
mod timer;

pub use crcheck_oracle::nearest;
pub use memory::Memory;
pub use rows::RowSelection;
pub use timer::Timer;
