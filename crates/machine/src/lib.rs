//! Interprets machine code of x86-64: state, memory, execution. Nothing here knows what a CRC or a
//! check is.
//!
//! From the ground up:
//!
//! - [`State`]: the registers; [`Fault`]: what stops an instruction; [`Memory`]: the memory that
//!   interpreted code sees; [`EffectiveAddress`]: the address of an operand;
//! - [`Uses`]: which registers an instruction reads and writes;
//! - [`Executor`]: executes single instructions, in [`software`] or on the CPU itself
//!   ([`silicon`]);
//! - [`Cpu`]: what the interpreted code is told of its CPU, and what that CPU lacks;
//! - [`Machine`]: fetches, decodes, and executes a function until it returns;
//! - [`loader`]: shared libraries, loaded for a machine.

mod account;
mod blocks;
pub mod compare;
mod condition;
pub mod confirmation;
mod control;
mod cpu;
mod described;
mod effective_address;
mod executor;
mod executors;
mod fault;
pub mod forms;
mod host;
pub mod loader;
mod machine;
mod memory;
pub mod record;
pub mod silicon;
pub mod software;
mod state;
mod uses;

pub use cpu::{Cpu, CpuidTable};
pub use described::{AMD, Described, INTEL};
pub use effective_address::EffectiveAddress;
pub use executor::Executor;
pub use fault::{AccessKind, Fault};
pub use machine::{Call, Machine, Returned, Stopped};
pub use memory::{Memory, Protection};
pub use state::{Flag, State, Vector};
pub use uses::Uses;
