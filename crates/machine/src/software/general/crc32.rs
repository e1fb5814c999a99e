//! The CRC32 instruction of SSE4.2.

use super::computation::{Computation, Inputs, Outcome};
use super::form::Role;
use super::op::Op;
use super::operand::Operand;
use super::size::Size;
use iced_x86::{Instruction, Mnemonic};

/// The polynomial 11EDC6F41h of the instruction (Intel SDM 2A) without its highest bit, reversed.
const POLYNOMIAL: u32 = 0x1edc_6f41_u32.reverse_bits();

/// What a byte turns a register of zero into.
const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut register = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            let is_odd = register & 1 != 0;
            register = register >> 1 ^ if is_odd { POLYNOMIAL } else { 0 };
            bit += 1;
        }
        table[byte] = register;
        byte += 1;
    }
    table
};

pub(super) fn prepare(instruction: &Instruction) -> Option<Op> {
    if instruction.mnemonic() != Mnemonic::Crc32 {
        return None;
    }
    let computation: Computation = match Operand::new(instruction, 1)?.size()? {
        Size::Byte => |i| accumulate(i, Size::Byte),
        Size::Word => |i| accumulate(i, Size::Word),
        Size::Double => |i| accumulate(i, Size::Double),
        Size::Quad => |i| accumulate(i, Size::Quad),
    };
    Op::new(Role::Modified, computation, instruction)
}

/// The upper half of a destination of 64 bits becomes zero.
fn accumulate(inputs: &Inputs, source: Size) -> Outcome {
    let bytes = inputs.b.to_le_bytes();
    let bytes = bytes.iter().take(source.bytes() as usize);
    let register = bytes.fold(inputs.a as u32, |register, byte| {
        register >> 8 ^ TABLE[usize::from(register as u8 ^ byte)]
    });
    inputs.value(register.into())
}
