//! The executors of one machine, and which of them executes an instruction.

use crate::executor::Executor;
use crate::fault::Fault;
use crate::memory::Memory;
use crate::silicon::{self, Silicon};
use crate::software::{self, Software};
use crate::state::State;
use iced_x86::Instruction;
use std::io;

/// Software and, once an instruction asks for it, this CPU.
#[derive(Debug, Default)]
pub(crate) struct Executors {
    software: Software,
    silicon: Option<Silicon>,
    prefers_silicon: bool,
}

/// An instruction for one of them.
#[derive(Debug)]
pub(crate) enum Prepared {
    Software(software::Prepared),
    Silicon(silicon::Prepared),
}

impl Executors {
    /// States whether this CPU executes all that it can, or only what software does not know.
    ///
    /// # Errors
    /// If this process cannot have its CPU execute single instructions.
    pub(crate) fn prefer_silicon(&mut self, prefers_silicon: bool) -> io::Result<()> {
        if prefers_silicon && self.silicon.is_none() {
            self.silicon = Some(Silicon::new()?);
        }
        self.prefers_silicon = prefers_silicon;
        Ok(())
    }

    /// Prepares `instruction`; `None` if nobody knows it.
    pub(crate) fn prepare(&mut self, instruction: &Instruction) -> Option<Prepared> {
        if self.prefers_silicon {
            let prepared = self.on_silicon(instruction);
            prepared.or_else(|| self.in_software(instruction))
        } else {
            let prepared = self.in_software(instruction);
            prepared.or_else(|| self.on_silicon(instruction))
        }
    }

    fn in_software(&mut self, instruction: &Instruction) -> Option<Prepared> {
        self.software.prepare(instruction).map(Prepared::Software)
    }

    fn on_silicon(&mut self, instruction: &Instruction) -> Option<Prepared> {
        if self.silicon.is_none() {
            self.silicon = Silicon::new().ok();
        }
        let silicon = self.silicon.as_mut()?;
        silicon.prepare(instruction).map(Prepared::Silicon)
    }

    #[inline]
    pub(crate) fn execute(
        &mut self,
        prepared: &Prepared,
        state: &mut State,
        memory: &mut Memory,
    ) -> Result<(), Fault> {
        match (prepared, &mut self.silicon) {
            (Prepared::Software(prepared), _) => self.software.execute(prepared, state, memory),
            (Prepared::Silicon(prepared), Some(silicon)) => {
                silicon.execute(prepared, state, memory)
            }
            (Prepared::Silicon(_), None) => Err(Fault::NotModelled),
        }
    }
}
