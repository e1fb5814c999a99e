//! Files that users name: read without waiting for ever, written as a whole or not at all.

pub mod hash;
pub mod regular;
pub mod whole;
