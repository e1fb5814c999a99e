//! A prepared instruction.

use super::computation::{Computation, Inputs};
use super::form::{Form, Role};
use crate::fault::Fault;
use crate::memory::Memory;
use crate::state::State;
use iced_x86::Instruction;

/// An instruction with more than one result, or one that can fault by itself.
pub(super) type Action = fn(&Form, &mut State, &mut Memory) -> Result<(), Fault>;

/// A prepared instruction.
#[derive(Debug)]
pub struct Op {
    form: Form,
    run: Run,
}

#[derive(Debug)]
enum Run {
    Compute(Computation),
    Act(Action),
}

impl Op {
    /// An instruction that computes one value from the operands that it states.
    pub(super) fn new(
        first: Role,
        computation: Computation,
        instruction: &Instruction,
    ) -> Option<Self> {
        Some(Self::computing(Form::new(first, instruction)?, computation))
    }

    pub(super) const fn computing(form: Form, computation: Computation) -> Self {
        Self {
            form,
            run: Run::Compute(computation),
        }
    }

    pub(super) const fn acting(form: Form, action: Action) -> Self {
        Self {
            form,
            run: Run::Act(action),
        }
    }

    #[inline]
    pub(super) fn execute(&self, state: &mut State, memory: &mut Memory) -> Result<(), Fault> {
        match self.run {
            Run::Compute(computation) => compute(&self.form, computation, state, memory),
            Run::Act(action) => action(&self.form, state, memory),
        }
    }
}

#[inline]
fn compute(
    form: &Form,
    computation: Computation,
    state: &mut State,
    memory: &mut Memory,
) -> Result<(), Fault> {
    let [a, b, c] = form.from;
    if form.to.is_memory() && a.is_memory() {
        form.check_write(form.to, state, memory)?;
    }
    let outcome = computation(&Inputs {
        a: form.read(a, state, memory)?,
        b: form.read(b, state, memory)?,
        c: form.read(c, state, memory)?,
        flags: state.flags,
        size: form.size,
    });
    form.write(form.to, outcome.value, state, memory)?;
    state.flags = outcome.flags;
    Ok(())
}
