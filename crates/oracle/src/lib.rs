//! Independent judges for cyclic redundancy checks of 3 to 64 bits.
//!
//! Four implementations, which have nothing in common but the [`Model`](model::Model): the
//! definition bit by bit, a byte table, slicing by sixteen bytes, and the `crc` crate. A
//! [`Panel`](panel::Panel) of them judges only after each has shown the model's `check` and
//! `residue` and has agreed with the others.
//!
//! **Words.** A `checksum` is what users see, `register ^ xorout`; a `register` is in the order of
//! output, that is, after `refout`. **The zlib convention** holds for every model: an update takes
//! the checksum before the message and returns the one after it, so that
//! `update(update(c, A), B) = update(c, A || B)`; the first takes
//! [`Model::initial_checksum`](model::Model::initial_checksum).

#![forbid(unsafe_code)]

pub mod advance;
pub mod bitwise;
pub mod byte_table;
pub mod catalogue;
pub mod crc_crate;
pub mod judge;
pub mod model;
mod nearest;
pub mod panel;
pub mod slicing_16;

pub use judge::Judge;
pub use nearest::nearest;
