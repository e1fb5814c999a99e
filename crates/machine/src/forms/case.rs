//! One instruction with all that it finds.

use super::form::Form;
use crate::state::State;
use iced_x86::Instruction;

/// An instruction with all that it finds. Its form, its number and the generator say the rest.
#[derive(Clone, Debug)]
pub struct Case {
    pub form: Form,
    pub number: u32,
    pub instruction: Instruction,
    /// Its bytes.
    pub code: Vec<u8>,
    /// The registers before it.
    pub state: Box<State>,
    /// Where [`Case::content`] lies.
    pub content_address: u64,
    /// The bytes around the operand in memory; none without one. The regions are zero elsewhere.
    pub content: Vec<u8>,
}
