//! What confirms that the software's semantics of an instruction are those of real CPUs.

use crate::forms::Form;
use crate::host;
use crate::record::Index;
use iced_x86::Instruction;
use std::collections::HashMap;
use std::sync::OnceLock;

/// What confirms the semantics of an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmation {
    /// This CPU has the instruction: `crcheck machine check` compares the two here.
    Silicon,
    /// The recorded results of this CPU.
    Recording { cpu: &'static str },
    /// Nothing.
    Unconfirmed,
}

/// The forms of the recordings, which an installed program does not have.
pub const RECORDED: &str = include_str!("recorded.txt");

/// What confirms the semantics of `instruction`, on this CPU.
pub fn of(instruction: &Instruction) -> Confirmation {
    static FORMS: OnceLock<HashMap<Form, &'static str>> = OnceLock::new();
    let form = Form::of(instruction);
    if host::has(&form.extensions()) {
        return Confirmation::Silicon;
    }
    match FORMS.get_or_init(|| Index::parse(RECORDED)).get(&form) {
        Some(cpu) => Confirmation::Recording { cpu },
        None => Confirmation::Unconfirmed,
    }
}
