//! What executes single instructions.

use crate::fault::Fault;
use crate::memory::Memory;
use crate::state::State;
use iced_x86::Instruction;

/// Executes instructions that go on to the next one. Control flow, the stack, string instructions,
/// CPUID and XGETBV belong to the [`Machine`](crate::Machine).
pub trait Executor {
    /// An instruction, decoded for this executor.
    type Prepared;

    /// Its name in reports: `silicon` or `software`.
    const NAME: &'static str;

    /// Prepares `instruction`, whose [`Instruction::ip`] is where it stands; `None` if this
    /// executor does not know it.
    fn prepare(&mut self, instruction: &Instruction) -> Option<Self::Prepared>;

    /// Executes it. It leaves [`State::ip`] alone.
    ///
    /// Flags that the architecture leaves undefined after it get any value; see
    /// [`Instruction::rflags_undefined`].
    ///
    /// # Errors
    /// What has stopped it. State and memory are then as before.
    fn execute(
        &mut self,
        prepared: &Self::Prepared,
        state: &mut State,
        memory: &mut Memory,
    ) -> Result<(), Fault>;
}
