//! Subjects whose machine code is interpreted, on a CPU that this machine need not be.
//!
//! From the ground up:
//!
//! - `budget`: how many instructions a call may execute;
//! - `calls`: calls of functions of the C ABI, made by an interpreter; [`Calls`];
//! - `target`: what is interpreted: [`Target`] brings it into a machine, [`Function`] calls it;
//! - `stopped`: what stops an interpreted call, in terms of its message;
//! - `caller`: [`InterpretedCaller`], which makes the calls of checks;
//! - `alone`: single calls outside of every caller;
//! - `program`: code of this program;
//! - `tier`, `dispatcher`: the kernel's tiers, and its dispatcher;
//! - `program_function`: any other function of this program;
//! - `streams`, `library`: a function of a shared library, and its streams.

mod alone;
mod budget;
mod caller;
mod calls;
mod dispatcher;
mod library;
mod program;
mod program_function;
mod stopped;
mod streams;
mod target;
mod tier;

pub use alone::call_alone;
pub use caller::InterpretedCaller;
pub use calls::Calls;
pub use dispatcher::InterpretedDispatcher;
pub use library::InterpretedLibrary;
pub use program_function::{InterpretedFunction, ProgramEntry};
pub use stopped::Halt;
pub use target::{Function, Target};
pub use tier::InterpretedTier;
