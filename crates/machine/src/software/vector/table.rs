//! Every form, by its mnemonic.

use super::form::Form;
use super::{
    arithmetic, broadcast, compare, galois, logic, masks, moves, permutes, products, shifts,
    shuffles, widths,
};
use iced_x86::Instruction;

/// The form of `instruction`; `None` if it is not known here.
pub(super) fn form(instruction: &Instruction) -> Option<Form> {
    let mnemonic = instruction.mnemonic();
    moves::form(instruction)
        .or_else(|| logic::form(mnemonic))
        .or_else(|| products::form(mnemonic))
        .or_else(|| shifts::form(mnemonic))
        .or_else(|| shuffles::form(instruction))
        .or_else(|| permutes::form(instruction))
        .or_else(|| broadcast::form(mnemonic))
        .or_else(|| compare::form(mnemonic))
        .or_else(|| masks::form(mnemonic))
        .or_else(|| arithmetic::form(mnemonic))
        .or_else(|| widths::form(mnemonic))
        .or_else(|| galois::form(mnemonic))
}
