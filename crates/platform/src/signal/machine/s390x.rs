//! s390x (zSeries ELF ABI supplement). Of a refused access the machine reports only the page. The
//! instruction says which byte it was, and whether it was a write (z/Architecture Principles of
//! Operation, appendix B).

pub(in super::super) use super::code::{bytes, disassembly, needs};

use super::super::{Access, Signal};

/// r0 to r15.
pub(in super::super) const REGISTER_COUNT: usize = 16;

/// Whether a call survives its signals.
pub(in super::super) const SURVIVES: bool = true;

std::arch::global_asm!(
    ".pushsection .text.crcheck_trampoline,\"ax\",@progbits",
    ".balign 8",
    ".globl crcheck_trampoline",
    ".globl crcheck_trampoline_resume",
    ".type crcheck_trampoline,@function",
    // r2: extern "C" fn(*mut c_void), r3: its argument, r4: *mut usize, where r15 is left. Returns
    // 0 after a return, 1 after a signal.
    "crcheck_trampoline:",
    "stmg %r6, %r15, 48(%r15)",
    "lgr %r1, %r15",
    // 160 bytes for the callee to save in, then f8 to f15, then the control word.
    "aghi %r15, -232",
    "stg %r1, 0(%r15)",
    "std %f8, 160(%r15)",
    "std %f9, 168(%r15)",
    "std %f10, 176(%r15)",
    "std %f11, 184(%r15)",
    "std %f12, 192(%r15)",
    "std %f13, 200(%r15)",
    "std %f14, 208(%r15)",
    "std %f15, 216(%r15)",
    "stfpc 224(%r15)",
    "stg %r15, 0(%r4)",
    "lgr %r1, %r2",
    "lgr %r2, %r3",
    "basr %r14, %r1",
    "lghi %r2, 0",
    // The handler resumes here, with r15 as left above and r2 = 1.
    "crcheck_trampoline_resume:",
    "lfpc 224(%r15)",
    "ld %f15, 216(%r15)",
    "ld %f14, 208(%r15)",
    "ld %f13, 200(%r15)",
    "ld %f12, 192(%r15)",
    "ld %f11, 184(%r15)",
    "ld %f10, 176(%r15)",
    "ld %f9, 168(%r15)",
    "ld %f8, 160(%r15)",
    // 232 + 48: the registers saved at first, r15 among them.
    "lmg %r6, %r15, 280(%r15)",
    "br %r14",
    ".size crcheck_trampoline, . - crcheck_trampoline",
    ".popsection",
);

/// The address of the instruction that raised the signal. The program counter stands behind an
/// instruction that was illegal, and at one whose access was refused.
pub(in super::super) fn instruction_pointer(
    info: &libc::siginfo_t,
    context: &libc::ucontext_t,
) -> usize {
    if matches!(info.si_signo, libc::SIGILL | libc::SIGFPE) {
        // SAFETY: the operating system sets `si_addr` for these signals.
        return unsafe { info.si_addr() } as usize;
    }
    context.uc_mcontext.psw.addr as usize
}

pub(in super::super) fn registers(context: &libc::ucontext_t) -> [u64; REGISTER_COUNT] {
    context.uc_mcontext.gregs
}

/// Whether the refused access was a write, as far as the opcode says: ordinary stores, moves to
/// storage, and the interlocked updates.
pub(in super::super) fn is_write(_: &libc::ucontext_t, code: &[u8]) -> bool {
    let [first, second, .., last] = *code else {
        return false;
    };
    let last = code.get(5).copied().unwrap_or(last);
    match first {
        0x40 | 0x42 | 0x50 | 0x60 | 0x70 | 0x90 | 0x92 | 0x94 | 0x96 | 0x97 => true,
        // Storage to storage: the first operand is written, or both are compared.
        0xd1..=0xdf => !matches!(first, 0xd5 | 0xd9),
        0xe3 => matches!(
            last,
            0x24 | 0x2f | 0x3e | 0x3f | 0x50 | 0x70 | 0x72 | 0x8e | 0xc3 | 0xcb
        ),
        0xe5 => matches!(second, 0x44 | 0x48 | 0x4c),
        0xe7 => matches!(last, 0x08..=0x0b | 0x0e | 0x3e | 0x3f),
        0xeb => matches!(
            last,
            0x24 | 0x26 | 0x52 | 0x54 | 0x56 | 0x57 | 0xe2 | 0xe3 | 0xf4..=0xfa
        ),
        0xed => matches!(last, 0x66 | 0x67),
        0xc4 => matches!(second & 0xf, 0x7 | 0xb | 0xf),
        _ => false,
    }
}

/// The refused address: that of the operand in the refused page, or the page's start if an operand
/// begins before it and goes on there.
pub(in super::super) fn address(signal: &Signal) -> Option<usize> {
    let page = signal.address? & !0xfff;
    let code = &signal.instruction[..signal.instruction_len];
    let mut operands = operands(code, &signal.registers).into_iter().flatten();
    let in_page = operands.find(|address| address & !0xfff == page);
    Some(in_page.unwrap_or(page))
}

/// The signal has the address of the access already: the instruction adds nothing.
pub(in super::super) fn access(_: &Signal) -> Option<Access> {
    None
}

/// The addresses of the operands: base and displacement, with the index if the format has one.
fn operands(code: &[u8], registers: &[u64; REGISTER_COUNT]) -> [Option<usize>; 2] {
    let register = |number: u8| match number {
        0 => 0,
        number => registers[usize::from(number)],
    };
    // Two bytes with a base in the first four bits and a displacement in the others.
    let at = |index: usize| {
        let [high, low] = *code.get(index..index + 2)?.first_chunk::<2>()?;
        let displacement = u64::from(u16::from_be_bytes([high & 0xf, low]));
        Some(register(high >> 4).wrapping_add(displacement))
    };
    let indexed = || Some(at(2)?.wrapping_add(register(code[1] & 0xf)));
    // The long displacement has its high byte, signed, behind the low twelve bits.
    let high = || Some((i64::from(code.get(4)?.cast_signed()) << 12).cast_unsigned());
    let long = |low: Option<u64>| Some(low?.wrapping_add(high()?));
    let pair = match code.first() {
        Some(0x40..=0x7f) => [indexed(), None],
        Some(0x80..=0x9f | 0xe5) => [at(2), None],
        Some(0xd0..=0xdf) => [at(2), at(4)],
        Some(0xe3) => [long(indexed()), None],
        Some(0xe7 | 0xed) => [indexed(), None],
        Some(0xeb) => [long(at(2)), None],
        _ => [None, None],
    };
    pair.map(|address| address.map(|address| address as usize))
}

/// The stack pointer at the signal.
pub(in super::super) fn stack_pointer(signal: &Signal) -> usize {
    signal.registers[15] as usize
}

/// Makes the thread go on at `address` with this stack pointer, and with 1 as the return value.
pub(in super::super) fn resume(
    context: &mut libc::ucontext_t,
    address: usize,
    stack_pointer: usize,
) {
    let words = &mut context.uc_mcontext;
    words.psw.addr = address as u64;
    words.gregs[15] = stack_pointer as u64;
    words.gregs[2] = 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Encodings as the assembler gives them, with r1 = 0x1000 and r2 = 0x20.
    #[test]
    fn operands_and_stores_are_read_from_the_instruction() {
        let table: [(&str, &[u8], bool, usize); 8] = [
            ("l %r3, 8(%r1)", &[0x58, 0x30, 0x10, 0x08], false, 0x1008),
            (
                "st %r3, 8(%r2, %r1)",
                &[0x50, 0x32, 0x10, 0x08],
                true,
                0x1028,
            ),
            (
                "lg %r3, -8(%r1)",
                &[0xe3, 0x30, 0x1f, 0xf8, 0xff, 0x04],
                false,
                0xff8,
            ),
            (
                "stg %r3, -8(%r1)",
                &[0xe3, 0x30, 0x1f, 0xf8, 0xff, 0x24],
                true,
                0xff8,
            ),
            ("mvi 1(%r1), 7", &[0x92, 0x07, 0x10, 0x01], true, 0x1001),
            (
                "mvc 0(8, %r1), 0(%r2)",
                &[0xd2, 0x07, 0x10, 0x00, 0x20, 0x00],
                true,
                0x1000,
            ),
            (
                "vl %v0, 16(%r1)",
                &[0xe7, 0x00, 0x10, 0x10, 0x00, 0x06],
                false,
                0x1010,
            ),
            (
                "vst %v0, 16(%r1)",
                &[0xe7, 0x00, 0x10, 0x10, 0x00, 0x0e],
                true,
                0x1010,
            ),
        ];
        let mut registers = [0; REGISTER_COUNT];
        registers[1] = 0x1000;
        registers[2] = 0x20;
        // SAFETY: all-zero bytes are a valid context, which the function does not read here.
        let context = unsafe { std::mem::zeroed() };
        for (text, code, expected, address) in table {
            assert_eq!(is_write(&context, code), expected, "{text}");
            assert_eq!(operands(code, &registers)[0], Some(address), "{text}");
        }
    }
}
