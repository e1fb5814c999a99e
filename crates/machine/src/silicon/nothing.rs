//! Another CPU than x86-64 executes nothing of it.

use super::level::Level;
use crate::executor::Executor;
use crate::fault::Fault;
use crate::memory::Memory;
use crate::state::State;
use iced_x86::Instruction;
use std::io;

/// Executes nothing here.
#[derive(Debug)]
pub struct Silicon(());

/// No instruction can be prepared here.
#[derive(Debug)]
pub enum Prepared {}

impl Silicon {
    /// # Errors
    /// Never.
    pub fn new() -> io::Result<Self> {
        Ok(Self(()))
    }

    /// # Errors
    /// Always: this CPU has no level.
    pub fn at(level: Level) -> io::Result<Self> {
        let text = format!("this CPU is not x86-64, and has no {level:?}");
        Err(io::Error::new(io::ErrorKind::Unsupported, text))
    }
}

impl Executor for Silicon {
    type Prepared = Prepared;

    const NAME: &'static str = "silicon";

    fn prepare(&mut self, _: &Instruction) -> Option<Prepared> {
        None
    }

    fn execute(&mut self, prepared: &Prepared, _: &mut State, _: &mut Memory) -> Result<(), Fault> {
        match *prepared {}
    }
}
