//! Independent judges for cyclic redundancy checks of 3 to 64 bits.
//!
//! Four implementations judge: the definition bit by bit, a byte table, slicing by sixteen bytes,
//! and the `crc` crate. They have nothing in common but the [`Model`](model::Model). A
//! [`Panel`](panel::Panel) of them judges only after each has reached the model's `check` and
//! `residue` and has agreed with the others.
//!
//! **Words.** A `checksum` is what users see: `register ^ xorout`. A `register` is in the order of
//! output, that is, after `refout`. **The zlib convention** holds for every model. An update takes
//! the checksum before the message and returns the checksum after it, so that
//! `update(update(c, A), B) = update(c, A || B)`. The first update takes
//! [`Model::initial_checksum`](model::Model::initial_checksum).
//!
//! **The modules**, from the ground up. Each names only modules before it:
//!
//! 1. [`model`]: a CRC algorithm as data, and its algebra; [`judge`]: what an implementation of a
//!    model is; `nearest`: which known name a wrong one means.
//! 2. [`bitwise`]: the definition; [`byte_table`], [`slicing_16`], [`crc_crate`]: the faster
//!    judges.
//! 3. `parameters`: a model from its parameters, with `check` and `residue` by the definition;
//!    [`catalogue`]: the models with names.
//! 4. [`advance`]: the algebra of long messages; [`panel`]: the judges of one model, together.
//! 5. [`identify`]: which model of the catalogue gives a value.

#![deny(missing_docs)]
#![forbid(unsafe_code)]

pub mod advance;
pub mod bitwise;
pub mod byte_table;
pub mod catalogue;
pub mod crc_crate;
pub mod identify;
pub mod judge;
pub mod model;
mod nearest;
pub mod panel;
mod parameters;
pub mod slicing_16;

pub use judge::Judge;
pub use nearest::nearest;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
