//! A function of a shared library: its signature, and calls of it.

mod entry;
mod signature;

pub use entry::{Entry, describe_address};
pub use signature::{Convention, Signature};
