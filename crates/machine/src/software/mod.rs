//! The semantics of instructions, written down.

mod general;
mod vector;

use crate::executor::Executor;
use crate::fault::Fault;
use crate::memory::Memory;
use crate::state::State;
use iced_x86::Instruction;

/// Executes instructions by its own knowledge of them, on any CPU.
#[derive(Debug, Default)]
pub struct Software;

/// An instruction for [`Software`].
#[derive(Debug)]
pub enum Prepared {
    General(general::Op),
    Vector(Box<vector::Op>),
}

impl Executor for Software {
    type Prepared = Prepared;

    const NAME: &'static str = "software";

    fn prepare(&mut self, instruction: &Instruction) -> Option<Prepared> {
        let general = general::prepare(instruction).map(Prepared::General);
        general.or_else(|| {
            let vector = vector::prepare(instruction);
            vector.map(|op| Prepared::Vector(Box::new(op)))
        })
    }

    #[inline]
    fn execute(
        &mut self,
        prepared: &Prepared,
        state: &mut State,
        memory: &mut Memory,
    ) -> Result<(), Fault> {
        match prepared {
            Prepared::General(op) => general::execute(op, state, memory),
            Prepared::Vector(op) => vector::execute(op, state, memory),
        }
    }
}
