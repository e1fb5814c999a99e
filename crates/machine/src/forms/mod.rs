//! The forms of instructions that an executor knows, and cases of each: one instruction with all
//! that it finds.
//!
//! A form is an opcode of the decoder: mnemonic, encoding, width. A case of it is drawn by a
//! [`Generator`] from the form's name and a number: operands, registers, memory. So a form and a
//! number say all.

mod case;
mod form;
mod generator;
mod known;
mod operands;
pub(crate) mod place;
mod values;

pub use case::Case;
pub use form::Form;
pub use generator::Generator;
pub use known::known_to;
pub use place::{READ_ONLY, WRITABLE};
