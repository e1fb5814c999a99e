//! A function of a shared library: how it is called, and calls of it.

mod alternatives;
mod combine;
mod convention;
mod entry;
mod fixed;
mod interface;
mod parameter;
mod result_form;
mod signature;
mod words;

pub use alternatives::Stated;
pub use combine::Combine;
pub use convention::Convention;
pub use entry::{Entry, describe_address};
pub use fixed::FixedCall;
pub use interface::Interface;
pub use result_form::ResultForm;
pub use signature::Signature;
