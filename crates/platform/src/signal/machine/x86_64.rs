//! x86-64 (System V ABI, AMD64 supplement).

use super::super::Signal;
pub(in super::super) use super::super::decode::{access, bytes, disassembly, needs};

/// What `Signal::registers` holds.
pub(in super::super) const REGISTER_COUNT: usize = 16;

/// Whether a call survives its signals.
pub(in super::super) const SURVIVES: bool = true;

std::arch::global_asm!(
    ".pushsection .text.crcheck_trampoline,\"ax\",@progbits",
    ".globl crcheck_trampoline",
    ".globl crcheck_trampoline_resume",
    ".type crcheck_trampoline,@function",
    // rdi: extern "C" fn(*mut c_void), rsi: its argument, rdx: *mut usize, where rsp is left.
    // Returns 0 after a return, 1 after a signal.
    "crcheck_trampoline:",
    "push rbp",
    "push rbx",
    "push r12",
    "push r13",
    "push r14",
    "push r15",
    // Keeps MXCSR and the x87 control word, and makes rsp a multiple of 16 for the call.
    "sub rsp, 8",
    "stmxcsr [rsp]",
    "fnstcw [rsp + 4]",
    "mov [rdx], rsp",
    "mov rax, rdi",
    "mov rdi, rsi",
    "call rax",
    "xor eax, eax",
    // The handler resumes here, with rsp as left above and rax = 1.
    "crcheck_trampoline_resume:",
    "cld",
    "ldmxcsr [rsp]",
    "fldcw [rsp + 4]",
    "add rsp, 8",
    "pop r15",
    "pop r14",
    "pop r13",
    "pop r12",
    "pop rbx",
    "pop rbp",
    "ret",
    ".size crcheck_trampoline, . - crcheck_trampoline",
    ".popsection",
);

/// The order of the encodings, as `Signal::registers` promises it.
const REGISTERS: [libc::c_int; REGISTER_COUNT] = [
    libc::REG_RAX,
    libc::REG_RCX,
    libc::REG_RDX,
    libc::REG_RBX,
    libc::REG_RSP,
    libc::REG_RBP,
    libc::REG_RSI,
    libc::REG_RDI,
    libc::REG_R8,
    libc::REG_R9,
    libc::REG_R10,
    libc::REG_R11,
    libc::REG_R12,
    libc::REG_R13,
    libc::REG_R14,
    libc::REG_R15,
];

/// Bit 1 of the page-fault error code: the access was a write (Intel SDM 3A, 4.7).
const WRITE_BIT: i64 = 2;

/// The address of the instruction that raised the signal.
pub(in super::super) fn instruction_pointer(
    _: &libc::siginfo_t,
    context: &libc::ucontext_t,
) -> usize {
    context.uc_mcontext.gregs[libc::REG_RIP as usize] as usize
}

pub(in super::super) fn registers(context: &libc::ucontext_t) -> [u64; REGISTER_COUNT] {
    REGISTERS.map(|register| context.uc_mcontext.gregs[register as usize] as u64)
}

/// Whether the refused access was a write.
pub(in super::super) fn is_write(context: &libc::ucontext_t, _code: &[u8]) -> bool {
    context.uc_mcontext.gregs[libc::REG_ERR as usize] & WRITE_BIT != 0
}

/// The stack pointer at the signal.
pub(in super::super) fn stack_pointer(signal: &Signal) -> usize {
    signal.registers[4] as usize
}

/// Makes the thread go on at `address` with this stack pointer, and with 1 as the return value.
pub(in super::super) fn resume(
    context: &mut libc::ucontext_t,
    address: usize,
    stack_pointer: usize,
) {
    let words = &mut context.uc_mcontext.gregs;
    words[libc::REG_RIP as usize] = address as i64;
    words[libc::REG_RSP as usize] = stack_pointer as i64;
    words[libc::REG_RAX as usize] = 1;
}

/// The refused address, which the machine reports exactly.
pub(in super::super) fn address(signal: &Signal) -> Option<usize> {
    signal.address
}
