//! Instructions that leave the function in another way than by a return.

use crate::fault::Fault;
use iced_x86::{Instruction, Mnemonic};

/// What stops a call at `instruction`; `None` if it is none of these.
pub(super) fn stop(instruction: &Instruction) -> Option<Fault> {
    match instruction.mnemonic() {
        Mnemonic::Syscall | Mnemonic::Sysenter => Some(Fault::SystemCall),
        Mnemonic::Int if instruction.immediate8() == 0x80 => Some(Fault::SystemCall),
        Mnemonic::Int | Mnemonic::Int3 | Mnemonic::Int1 => Some(Fault::Interrupt),
        Mnemonic::INVALID | Mnemonic::Ud0 | Mnemonic::Ud1 | Mnemonic::Ud2 => Some(Fault::Undefined),
        _ => None,
    }
}
