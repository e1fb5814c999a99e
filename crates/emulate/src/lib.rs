//! crcheck on CPUs that are not at hand.
//!
//! A [`matrix`] of CPUs is data. For each CPU an [`emulator`] is chosen, which starts crcheck again as
//! if on that CPU; a [`leg`] is what that came to. What emulators cannot see is read from the machine
//! code ([`purity`]).

pub mod emulator;
pub mod leg;
#[cfg(target_arch = "x86_64")]
pub mod mask;
pub mod matrix;
mod program;
pub mod purity;
pub mod report;
pub mod run;
