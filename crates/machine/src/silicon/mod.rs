//! Instructions on the CPU itself, one at a time.
//!
//! Each instruction has code of its own: itself, and a jump. A gate loads every register from
//! [`State`](crate::State), goes there, and saves them. The operand in memory is a stand-in: it has
//! the same address modulo 64, and its pages allow the same, so faults are the CPU's own.

#[cfg(target_arch = "x86_64")]
mod aptness;
#[cfg(target_arch = "x86_64")]
mod code;
#[cfg(target_arch = "x86_64")]
mod engine;
#[cfg(target_arch = "x86_64")]
mod gate;
mod level;
#[cfg(not(target_arch = "x86_64"))]
mod nothing;
#[cfg(target_arch = "x86_64")]
mod operand;
#[cfg(target_arch = "x86_64")]
mod refusal;
#[cfg(target_arch = "x86_64")]
mod stack_pointer;
#[cfg(target_arch = "x86_64")]
mod stand_in;

#[cfg(target_arch = "x86_64")]
pub use engine::{Prepared, Silicon};
pub use level::Level;
#[cfg(not(target_arch = "x86_64"))]
pub use nothing::{Prepared, Silicon};
