//! riscv64 (RISC-V ELF psABI, LP64D).

pub(in super::super) use super::code::{bytes, disassembly, needs};

use super::super::{Access, Signal};

/// The program counter in the place of x0, then x1 to x31.
pub(in super::super) const REGISTER_COUNT: usize = 32;

/// Whether a call survives its signals.
pub(in super::super) const SURVIVES: bool = true;

std::arch::global_asm!(
    ".pushsection .text.crcheck_trampoline,\"ax\",@progbits",
    // Not every assembler takes the target's extensions for those of a file without functions.
    ".option push",
    ".option arch, +d",
    ".balign 4",
    ".globl crcheck_trampoline",
    ".globl crcheck_trampoline_resume",
    ".type crcheck_trampoline,@function",
    // a0: extern "C" fn(*mut c_void), a1: its argument, a2: *mut usize, where sp is left. Returns 0
    // after a return, 1 after a signal.
    "crcheck_trampoline:",
    "addi sp, sp, -224",
    "sd ra, 0(sp)",
    "sd s0, 8(sp)",
    "sd s1, 16(sp)",
    "sd s2, 24(sp)",
    "sd s3, 32(sp)",
    "sd s4, 40(sp)",
    "sd s5, 48(sp)",
    "sd s6, 56(sp)",
    "sd s7, 64(sp)",
    "sd s8, 72(sp)",
    "sd s9, 80(sp)",
    "sd s10, 88(sp)",
    "sd s11, 96(sp)",
    "fsd fs0, 104(sp)",
    "fsd fs1, 112(sp)",
    "fsd fs2, 120(sp)",
    "fsd fs3, 128(sp)",
    "fsd fs4, 136(sp)",
    "fsd fs5, 144(sp)",
    "fsd fs6, 152(sp)",
    "fsd fs7, 160(sp)",
    "fsd fs8, 168(sp)",
    "fsd fs9, 176(sp)",
    "fsd fs10, 184(sp)",
    "fsd fs11, 192(sp)",
    "frcsr t0",
    "sd t0, 200(sp)",
    // The thread pointer and the global pointer are constant; code under test may lose them.
    "sd tp, 208(sp)",
    "sd gp, 216(sp)",
    "sd sp, 0(a2)",
    "mv t0, a0",
    "mv a0, a1",
    "jalr t0",
    "li a0, 0",
    // The handler resumes here, with sp as left above and a0 = 1.
    "crcheck_trampoline_resume:",
    "ld gp, 216(sp)",
    "ld tp, 208(sp)",
    "ld t0, 200(sp)",
    "fscsr t0",
    "fld fs11, 192(sp)",
    "fld fs10, 184(sp)",
    "fld fs9, 176(sp)",
    "fld fs8, 168(sp)",
    "fld fs7, 160(sp)",
    "fld fs6, 152(sp)",
    "fld fs5, 144(sp)",
    "fld fs4, 136(sp)",
    "fld fs3, 128(sp)",
    "fld fs2, 120(sp)",
    "fld fs1, 112(sp)",
    "fld fs0, 104(sp)",
    "ld s11, 96(sp)",
    "ld s10, 88(sp)",
    "ld s9, 80(sp)",
    "ld s8, 72(sp)",
    "ld s7, 64(sp)",
    "ld s6, 56(sp)",
    "ld s5, 48(sp)",
    "ld s4, 40(sp)",
    "ld s3, 32(sp)",
    "ld s2, 24(sp)",
    "ld s1, 16(sp)",
    "ld s0, 8(sp)",
    "ld ra, 0(sp)",
    "addi sp, sp, 224",
    "ret",
    ".size crcheck_trampoline, . - crcheck_trampoline",
    ".option pop",
    ".popsection",
);

/// The address of the instruction that raised the signal.
pub(in super::super) fn instruction_pointer(
    _: &libc::siginfo_t,
    context: &libc::ucontext_t,
) -> usize {
    context.uc_mcontext.__gregs[0] as usize
}

pub(in super::super) fn registers(context: &libc::ucontext_t) -> [u64; REGISTER_COUNT] {
    context.uc_mcontext.__gregs
}

/// Whether the refused access was a write. The instruction says so, since the context does not
/// (RISC-V unprivileged specification, chapters "RV32/64G instruction set listings" and "C").
pub(in super::super) fn is_write(_: &libc::ucontext_t, code: &[u8]) -> bool {
    const STORE: u16 = 0b010_0011;
    const STORE_FP: u16 = 0b010_0111;
    const AMO: u16 = 0b010_1111;
    let Some(word) = code.first_chunk().map(|half| u16::from_le_bytes(*half)) else {
        return false;
    };
    if word & 0b11 == 0b11 {
        return matches!(word & 0x7f, STORE | STORE_FP | AMO);
    }
    // Compressed: quadrants 0 and 2 have the loads with the highest bit clear, the stores with it
    // set. The exception is function 100: Zcb, and the moves and jumps of quadrant 2.
    let function = word >> 13;
    match (word & 0b11, function) {
        (0b00, 0b100) => word >> 11 & 1 == 1 || word >> 10 & 0b111 == 0b010,
        (0b10, 0b100) => false,
        (0b00 | 0b10, _) => function >= 0b101,
        _ => false,
    }
}

/// The signal has the address of the access already: the instruction adds nothing.
pub(in super::super) fn access(_: &Signal) -> Option<Access> {
    None
}

/// The stack pointer at the signal.
pub(in super::super) fn stack_pointer(signal: &Signal) -> usize {
    signal.registers[2] as usize
}

/// Makes the thread go on at `address` with this stack pointer, and with 1 as the return value.
pub(in super::super) fn resume(
    context: &mut libc::ucontext_t,
    address: usize,
    stack_pointer: usize,
) {
    const SP: usize = 2;
    const A0: usize = 10;
    let words = &mut context.uc_mcontext.__gregs;
    words[0] = address as u64;
    words[SP] = stack_pointer as u64;
    words[A0] = 1;
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
        let table: [(&str, u32, bool); 12] = [
            ("lbu a0, 0(a0)", 0x0005_4503, false),
            ("sb a1, 0(a0)", 0x00b5_0023, true),
            ("sd a1, 0(a0)", 0x00b5_3023, true),
            ("fsd fa0, 0(a0)", 0x00a5_3027, true),
            ("amoadd.d a0, a1, (a2)", 0x00b6_352f, true),
            ("c.lw a0, 0(a0)", 0x4108, false),
            ("c.ld a0, 0(a0)", 0x6108, false),
            ("c.sw a1, 0(a0)", 0xc10c, true),
            ("c.sd a1, 0(a0)", 0xe10c, true),
            ("c.ldsp a0, 0(sp)", 0x6502, false),
            ("c.sdsp a0, 0(sp)", 0xe02a, true),
            ("c.jr ra", 0x8082, false),
        ];
        // SAFETY: all-zero bytes are a valid context, which the function does not read here.
        let context = unsafe { std::mem::zeroed() };
        for (text, word, expected) in table {
            assert_eq!(is_write(&context, &word.to_le_bytes()), expected, "{text}");
        }
    }
}
