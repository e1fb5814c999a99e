//! A function of a shared library: how it is called, and calls of it.

mod alternatives;
mod combine;
mod convention;
mod entry;
mod fixed;
mod interface;
mod live_stream;
mod loaded;
mod parameter;
mod result_form;
mod signature;
mod stream;
mod words;

pub use alternatives::Stated;
pub use combine::Combine;
pub use convention::Convention;
pub(crate) use entry::Functions;
pub use entry::{Chain, Entry};
pub use fixed::FixedCall;
pub use interface::Interface;
pub use live_stream::{LiveStream, StreamFunctions};
pub(crate) use loaded::{Loaded, Makes};
pub use result_form::ResultForm;
pub use signature::Signature;
pub use stream::{StreamAbilities, StreamInterface};
