//! aarch64 (Procedure Call Standard for the Arm 64-bit Architecture).

pub(in super::super) use super::code::{bytes, disassembly, needs};

use super::super::{Access, Signal};

/// x0 to x30, then the stack pointer.
pub(in super::super) const REGISTER_COUNT: usize = 32;

/// Whether a call survives its signals.
pub(in super::super) const SURVIVES: bool = true;

std::arch::global_asm!(
    ".pushsection .text.crcheck_trampoline,\"ax\",@progbits",
    ".balign 4",
    ".globl crcheck_trampoline",
    ".globl crcheck_trampoline_resume",
    ".type crcheck_trampoline,@function",
    // x0: extern "C" fn(*mut c_void), x1: its argument, x2: *mut usize, where sp is left. Returns 0
    // after a return, 1 after a signal.
    "crcheck_trampoline:",
    "stp x29, x30, [sp, #-176]!",
    "mov x29, sp",
    "stp x19, x20, [sp, #16]",
    "stp x21, x22, [sp, #32]",
    "stp x23, x24, [sp, #48]",
    "stp x25, x26, [sp, #64]",
    "stp x27, x28, [sp, #80]",
    // The low halves of v8 to v15 are the callee's to keep.
    "stp d8, d9, [sp, #96]",
    "stp d10, d11, [sp, #112]",
    "stp d12, d13, [sp, #128]",
    "stp d14, d15, [sp, #144]",
    "mrs x9, fpcr",
    "str x9, [sp, #160]",
    "mov x9, sp",
    "str x9, [x2]",
    "mov x9, x0",
    "mov x0, x1",
    "blr x9",
    "mov x0, #0",
    // The handler resumes here, with sp as left above and x0 = 1.
    "crcheck_trampoline_resume:",
    "ldr x9, [sp, #160]",
    "msr fpcr, x9",
    "ldp d14, d15, [sp, #144]",
    "ldp d12, d13, [sp, #128]",
    "ldp d10, d11, [sp, #112]",
    "ldp d8, d9, [sp, #96]",
    "ldp x27, x28, [sp, #80]",
    "ldp x25, x26, [sp, #64]",
    "ldp x23, x24, [sp, #48]",
    "ldp x21, x22, [sp, #32]",
    "ldp x19, x20, [sp, #16]",
    "ldp x29, x30, [sp], #176",
    "ret",
    ".size crcheck_trampoline, . - crcheck_trampoline",
    ".popsection",
);

/// PSTATE.BTYPE: the kind of jump that led to an instruction. A signal's return is no jump.
const BTYPE: u64 = 0b11 << 10;

/// The address of the instruction that raised the signal.
pub(in super::super) fn instruction_pointer(
    _: &libc::siginfo_t,
    context: &libc::ucontext_t,
) -> usize {
    context.uc_mcontext.pc as usize
}

pub(in super::super) fn registers(context: &libc::ucontext_t) -> [u64; REGISTER_COUNT] {
    let words = &context.uc_mcontext;
    std::array::from_fn(|index| words.regs.get(index).copied().unwrap_or(words.sp))
}

/// Whether the refused access was a write. The instruction says so, since the syndrome register is
/// not always in the context (Arm ARM, C4.1.94, "Loads and Stores").
pub(in super::super) fn is_write(_: &libc::ucontext_t, code: &[u8]) -> bool {
    let Some(word) = code.first_chunk().map(|word| u32::from_le_bytes(*word)) else {
        return false;
    };
    let field = |from: u32, bits: u32| word >> from & ((1 << bits) - 1);
    let is_load = field(22, 1) == 1;
    match (field(27, 3), field(28, 2)) {
        // Not a load or store: bit 27 is 1 and bit 25 is 0 in all of them.
        _ if field(27, 1) == 0 || field(25, 1) == 1 => false,
        // One register: `opc` is 00 in a store, 10 in one of 128 bits; bit 21 with bits 10 and 11
        // clear is an atomic, which writes.
        (0b111, _) => {
            let is_atomic = field(24, 1) == 0 && field(21, 1) == 1 && field(10, 2) == 0;
            let opc = field(22, 2);
            let is_vector = field(26, 1) == 1;
            is_atomic || opc == 0b00 || (is_vector && opc == 0b10 && field(30, 2) == 0)
        }
        // Pairs, exclusive, and structures of vectors: bit 22 is 1 in a load. Literals are loads.
        (0b011, _) => false,
        _ => !is_load,
    }
}

/// The signal has the address of the access already: the instruction adds nothing.
pub(in super::super) fn access(_: &Signal) -> Option<Access> {
    None
}

/// The stack pointer at the signal.
pub(in super::super) fn stack_pointer(signal: &Signal) -> usize {
    signal.registers[31] as usize
}

/// Makes the thread go on at `address` with this stack pointer, and with 1 as the return value.
pub(in super::super) fn resume(
    context: &mut libc::ucontext_t,
    address: usize,
    stack_pointer: usize,
) {
    let words = &mut context.uc_mcontext;
    words.pc = address as u64;
    words.sp = stack_pointer as u64;
    words.regs[0] = 1;
    words.pstate &= !BTYPE;
}

/// The refused address, which the machine reports exactly.
pub(in super::super) fn address(signal: &Signal) -> Option<usize> {
    signal.address
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Encodings as the assembler gives them.
    #[test]
    fn stores_are_distinguished_from_loads() {
        let table: [(&str, u32, bool); 17] = [
            ("ldrb w0, [x0]", 0x3940_0000, false),
            ("strb w1, [x0]", 0x3900_0001, true),
            ("ldr x0, [x0]", 0xf940_0000, false),
            ("str x1, [x0]", 0xf900_0001, true),
            ("ldrsw x0, [x0]", 0xb980_0000, false),
            ("ldur x0, [x0, #-8]", 0xf85f_8000, false),
            ("stur x0, [x0, #-8]", 0xf81f_8000, true),
            ("ldr q0, [x0]", 0x3dc0_0000, false),
            ("str q0, [x0]", 0x3d80_0000, true),
            ("str d0, [x0]", 0xfd00_0000, true),
            ("ldp x0, x1, [x0]", 0xa940_0400, false),
            ("stp x0, x1, [x0]", 0xa900_0400, true),
            ("stp q0, q1, [x0]", 0xad00_0400, true),
            ("ld1 {v0.16b}, [x0]", 0x4c40_7000, false),
            ("st1 {v0.16b}, [x0]", 0x4c00_7000, true),
            ("swp x0, x1, [x2]", 0xf820_8041, true),
            ("add x0, x0, x1", 0x8b01_0000, false),
        ];
        // SAFETY: all-zero bytes are a valid context, which the function does not read here.
        let context = unsafe { std::mem::zeroed() };
        for (text, word, expected) in table {
            assert_eq!(is_write(&context, &word.to_le_bytes()), expected, "{text}");
        }
    }
}
