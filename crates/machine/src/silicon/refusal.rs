//! What a signal of an instruction means for the interpreted program.

use super::operand::Operand;
use crate::fault::{AccessKind, Fault};
use crcheck_platform::signal::{Caught, Signal};
use iced_x86::{Instruction, Mnemonic};

/// The operand of the instruction, its address, and that of its stand-in.
pub(super) type Accessed<'a> = Option<(&'a Operand, u64, u64)>;

/// The fault of `instruction`.
pub(super) fn fault(instruction: &Instruction, caught: &Caught, accessed: Accessed<'_>) -> Fault {
    match caught {
        Caught::Signal(signal) => fault_of_signal(instruction, signal, accessed),
        Caught::Late(_) | Caught::Panic(_) | Caught::Thrown(_) => Fault::OutOfSteps,
    }
}

fn fault_of_signal(instruction: &Instruction, signal: &Signal, accessed: Accessed<'_>) -> Fault {
    match (signal.number, accessed) {
        (libc::SIGILL, _) => Fault::Undefined,
        (libc::SIGFPE, _) if is_division(instruction) => Fault::Divide,
        (libc::SIGSEGV, Some((operand, address, place))) => match signal.address {
            Some(refused) => Fault::Page {
                address: address.wrapping_add((refused as u64).wrapping_sub(place)),
                access: if signal.is_write {
                    AccessKind::Write
                } else {
                    AccessKind::Read
                },
            },
            None if is_misaligned(operand, address) => Fault::Misaligned {
                address,
                len_bytes: operand.len_bytes,
                alignment: operand.len_bytes,
            },
            // A value that the instruction refuses, as LDMXCSR does.
            None => Fault::NotModelled,
        },
        // Such as unmasked exceptions of floating-point instructions.
        _ => Fault::NotModelled,
    }
}

/// Whether the address may be why the CPU has refused the operand: no shorter one has to be aligned
/// (Intel SDM 1, 4.1.1).
fn is_misaligned(operand: &Operand, address: u64) -> bool {
    let alignment = operand.len_bytes as u64;
    alignment >= 16 && !address.is_multiple_of(alignment)
}

fn is_division(instruction: &Instruction) -> bool {
    matches!(instruction.mnemonic(), Mnemonic::Div | Mnemonic::Idiv)
}
