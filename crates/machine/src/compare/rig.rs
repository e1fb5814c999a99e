//! Executes cases.

use super::outcome::Outcome;
use crate::executor::Executor;
use crate::fault::Fault;
use crate::forms::Case;
use crate::forms::place::REGIONS;
use crate::memory::Memory;
use std::io;

/// An executor with memory of its own for cases.
pub struct Rig<E> {
    executor: E,
    memory: Memory,
}

impl<E: Executor> Rig<E> {
    /// One for `executor`.
    ///
    /// # Errors
    /// If this process cannot read what it has mapped.
    pub fn new(executor: E) -> io::Result<Self> {
        let mut memory = Memory::of_this_process()?;
        for (region, protection) in REGIONS {
            memory.map(region, protection, &[]);
        }
        Ok(Self { executor, memory })
    }

    pub(crate) const fn executor(&mut self) -> &mut E {
        &mut self.executor
    }

    /// Executes a case; `None` if the executor does not know it. The outcome has what is undefined
    /// as it was before.
    ///
    /// # Panics
    /// If the case's memory is not there.
    pub fn run(&mut self, case: &Case) -> Option<Outcome> {
        let prepared = self.executor.prepare(&case.instruction)?;
        self.memory.drop_stores();
        let placed = self.memory.patch(case.content_address, &case.content);
        placed.expect("the case's memory is mapped");
        let mut state = case.state.clone();
        let result = self
            .executor
            .execute(&prepared, &mut state, &mut self.memory);
        let mut memory = vec![0; case.content.len()];
        if !memory.is_empty() {
            let read = self.memory.read(case.content_address, &mut memory);
            read.expect("the case's memory is mapped");
        }
        let fault = result.err();
        if fault == Some(Fault::NotModelled) {
            return None;
        }
        Some(
            Outcome {
                fault,
                state,
                memory,
            }
            .without_undefined(case),
        )
    }
}
