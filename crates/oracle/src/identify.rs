//! Which model of the catalogue gives a value for a message.
//!
//! [`value`] reads the value as people write it, `remainders` computes what all models need in
//! one pass over the message, [`slip`] has what people change about a model by mistake, and
//! [`identifier`] brings them together.

pub mod identifier;
mod remainders;
pub mod slip;
pub mod value;
