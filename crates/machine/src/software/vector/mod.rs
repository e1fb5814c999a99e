//! Instructions on vector registers and masks.
//!
//! What an instruction computes is written once, in a function of one lane of 128 bits or of the
//! whole vector, that serves the legacy, VEX and EVEX encodings and every width. From the ground
//! up:
//!
//! - [`element`]: the elements of a lane; [`masking`]: the bytes that a mask's bits stand for;
//! - [`form`]: what an instruction computes; the families that say it: [`moves`], [`logic`],
//!   [`products`], [`shifts`], [`shuffles`], [`permutes`], [`broadcast`], [`compare`], [`masks`],
//!   [`arithmetic`], [`widths`], [`galois`]; [`table`] of all;
//! - [`operands`]: where the inputs and the output are; [`control`]: what has no form;
//! - [`op`]: a prepared instruction, and its execution.

mod arithmetic;
mod broadcast;
mod compare;
mod control;
mod element;
mod form;
mod galois;
mod logic;
mod masking;
mod masks;
mod moves;
mod op;
mod operands;
mod permutes;
mod products;
mod shifts;
mod shuffles;
mod table;
mod widths;

pub(super) use op::{Op, execute, prepare};
