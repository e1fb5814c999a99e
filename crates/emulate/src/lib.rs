//! crcheck on CPUs that this machine does not have.
//!
//! A [`matrix`] lists the CPUs. For each of them an [`emulator`] starts crcheck again, as if on
//! that CPU: this is a [`leg`], and a [`run`] has one for each CPU. What no emulator can see is
//! read from the machine code ([`purity`]).

mod before_exec;
mod changed_code;
mod changed_tier;
mod child_process;
mod child_report;
mod child_verifier;
mod early_end;
pub mod emulator;
mod followed_code;
mod in_process;
mod interpreted_cpu;
mod interpreted_tiers;
mod interpreter;
pub mod leg;
pub mod leg_options;
pub mod leg_outcome;
#[cfg(target_arch = "x86_64")]
pub mod mask;
pub mod matrix;
mod path_error;
pub mod purity;
pub mod report;
pub mod run;
pub mod saved_cases;
pub mod selection;
mod task;
pub mod workers;

pub use interpreted_cpu::{every_extension, interpreted_cpu};
pub use path_error::PathError;
