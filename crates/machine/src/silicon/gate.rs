//! The way into an instruction's code, and out of it: the assembly that loads the registers of
//! [`State`] and saves them.
//!
//! The stack pointer stays that of this thread, so that signals find a stack. Instructions that use
//! RSP are given another register instead.

use super::level::Level;
use crate::state::{Flag, State, Vector};
use std::arch::global_asm;
use std::mem::offset_of;

/// Declares the gate of a level: its name, the lines that load masks and vectors from the state
/// that rdi points to, and those that save them there.
macro_rules! gate {
    ($name:literal, $load:expr, $save:expr $(, $operand:ident = $value:expr)*) => {
        global_asm!(
            concat!(".pushsection .text.crcheck_silicon_", $name, ",\"ax\",@progbits"),
            concat!(".globl crcheck_silicon_enter_", $name),
            concat!(".globl crcheck_silicon_leave_", $name),
            // rdi: *mut State, rsi: the address of the instruction's code.
            concat!("crcheck_silicon_enter_", $name, ":"),
            "push rbp",
            "push rbx",
            "push r12",
            "push r13",
            "push r14",
            "push r15",
            "push rdi",
            "push rsi",
            $load,
            // This thread's MXCSR, and below it what MXCSR and RFLAGS get from the state.
            "push rax",
            "stmxcsr [rsp]",
            "mov eax, [rdi + {mxcsr}]",
            "and eax, 0xffff",
            "push rax",
            "ldmxcsr [rsp]",
            "mov eax, [rdi + {flags}]",
            "and eax, {flag_bits}",
            "mov [rsp], rax",
            "popfq",
            "mov rax, [rdi + {general} + 8 * 0]",
            "mov rcx, [rdi + {general} + 8 * 1]",
            "mov rdx, [rdi + {general} + 8 * 2]",
            "mov rbx, [rdi + {general} + 8 * 3]",
            "mov rbp, [rdi + {general} + 8 * 5]",
            "mov rsi, [rdi + {general} + 8 * 6]",
            "mov r8, [rdi + {general} + 8 * 8]",
            "mov r9, [rdi + {general} + 8 * 9]",
            "mov r10, [rdi + {general} + 8 * 10]",
            "mov r11, [rdi + {general} + 8 * 11]",
            "mov r12, [rdi + {general} + 8 * 12]",
            "mov r13, [rdi + {general} + 8 * 13]",
            "mov r14, [rdi + {general} + 8 * 14]",
            "mov r15, [rdi + {general} + 8 * 15]",
            "mov rdi, [rdi + {general} + 8 * 7]",
            "jmp qword ptr [rsp + 8]",
            // The instruction's code jumps here. Nothing changes a flag before they are saved.
            concat!("crcheck_silicon_leave_", $name, ":"),
            "push rdi",
            "mov rdi, [rsp + 24]",
            "pop qword ptr [rdi + {general} + 8 * 7]",
            "mov [rdi + {general} + 8 * 0], rax",
            "mov [rdi + {general} + 8 * 1], rcx",
            "mov [rdi + {general} + 8 * 2], rdx",
            "mov [rdi + {general} + 8 * 3], rbx",
            "mov [rdi + {general} + 8 * 5], rbp",
            "mov [rdi + {general} + 8 * 6], rsi",
            "mov [rdi + {general} + 8 * 8], r8",
            "mov [rdi + {general} + 8 * 9], r9",
            "mov [rdi + {general} + 8 * 10], r10",
            "mov [rdi + {general} + 8 * 11], r11",
            "mov [rdi + {general} + 8 * 12], r12",
            "mov [rdi + {general} + 8 * 13], r13",
            "mov [rdi + {general} + 8 * 14], r14",
            "mov [rdi + {general} + 8 * 15], r15",
            "pushfq",
            "pop rax",
            "cld",
            "and eax, {flag_bits}",
            "mov rcx, [rdi + {flags}]",
            "and rcx, ~{flag_bits}",
            "or rax, rcx",
            "mov [rdi + {flags}], rax",
            "push rax",
            "stmxcsr [rsp]",
            "pop rax",
            "mov [rdi + {mxcsr}], ax",
            "ldmxcsr [rsp]",
            $save,
            "add rsp, 24",
            "pop r15",
            "pop r14",
            "pop r13",
            "pop r12",
            "pop rbx",
            "pop rbp",
            "ret",
            ".popsection",
            general = const offset_of!(State, general),
            vectors = const offset_of!(State, vectors),
            $($operand = const $value,)*
            flags = const offset_of!(State, flags),
            mxcsr = const offset_of!(State, mxcsr),
            vector_bytes = const size_of::<Vector>(),
            flag_bits = const FLAG_BITS,
        );
    };
}

/// The flags that instructions find and leave. Bit 1 is always set (Intel SDM 1, 3.4.3).
const FLAG_BITS: u64 = Flag::ARITHMETIC | Flag::Direction.mask();

/// The lines that do `$line` for each number `\\n`.
macro_rules! for_each {
    ($numbers:literal, $line:literal) => {
        concat!(".irp n, ", $numbers, "\n", $line, "\n.endr\n")
    };
}

/// The numbers of 16 registers.
macro_rules! sixteen {
    ($line:literal) => {
        for_each!("0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15", $line)
    };
}

/// The numbers of 32 registers.
macro_rules! thirty_two {
    ($line:literal) => {
        concat!(
            sixteen!($line),
            for_each!("16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31", $line)
        )
    };
}

/// The numbers of 8 registers.
macro_rules! eight {
    ($line:literal) => {
        for_each!("0,1,2,3,4,5,6,7", $line)
    };
}

gate!(
    "sse",
    sixteen!("movdqu xmm\\n, [rdi + {vectors} + {vector_bytes} * \\n]"),
    sixteen!("movdqu [rdi + {vectors} + {vector_bytes} * \\n], xmm\\n")
);

// The last line of those that save spares the caller's code, which has no VEX prefixes, the time
// that dirty upper halves cost.
gate!(
    "avx",
    sixteen!("vmovdqu ymm\\n, [rdi + {vectors} + {vector_bytes} * \\n]"),
    concat!(
        sixteen!("vmovdqu [rdi + {vectors} + {vector_bytes} * \\n], ymm\\n"),
        "vzeroupper"
    )
);

gate!(
    "avx512",
    concat!(
        eight!("kmovq k\\n, [rdi + {masks} + 8 * \\n]"),
        thirty_two!("vmovdqu64 zmm\\n, [rdi + {vectors} + {vector_bytes} * \\n]")
    ),
    concat!(
        thirty_two!("vmovdqu64 [rdi + {vectors} + {vector_bytes} * \\n], zmm\\n"),
        eight!("kmovq [rdi + {masks} + 8 * \\n], k\\n"),
        "vzeroupper"
    ),
    masks = offset_of!(State, masks)
);

/// Loads the registers, goes to the instruction's code, and saves them.
type Enter = unsafe extern "sysv64" fn(state: *mut State, code: u64);

unsafe extern "sysv64" {
    fn crcheck_silicon_enter_sse(state: *mut State, code: u64);
    fn crcheck_silicon_enter_avx(state: *mut State, code: u64);
    fn crcheck_silicon_enter_avx512(state: *mut State, code: u64);
    fn crcheck_silicon_leave_sse();
    fn crcheck_silicon_leave_avx();
    fn crcheck_silicon_leave_avx512();
}

/// The gate of a level.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gate {
    enter: Enter,
    /// Where the code of an instruction goes on.
    pub(super) leave: u64,
}

impl Gate {
    pub(super) fn of(level: Level) -> Self {
        let (enter, leave): (Enter, *const ()) = match level {
            Level::Sse => (
                crcheck_silicon_enter_sse,
                crcheck_silicon_leave_sse as *const (),
            ),
            Level::Avx => (
                crcheck_silicon_enter_avx,
                crcheck_silicon_leave_avx as *const (),
            ),
            Level::Avx512 => (
                crcheck_silicon_enter_avx512,
                crcheck_silicon_leave_avx512 as *const (),
            ),
        };
        Self {
            enter,
            leave: leave as u64,
        }
    }

    /// Executes the instruction whose code lies at `code`. [`State::general`] holds RSP, which the
    /// instruction does not find. If a signal ends it, the state is as before.
    ///
    /// # Safety
    /// This CPU has the gate's level. The code is one instruction and a jump to `leave`; the
    /// instruction neither uses RSP nor accesses memory of this process that matters. Signals that
    /// it raises are caught.
    #[inline]
    pub(super) unsafe fn enter(self, state: &mut State, code: u64) {
        // SAFETY: as the caller says; the gate keeps what the calling convention wants kept.
        unsafe { (self.enter)(state, code) };
    }
}
