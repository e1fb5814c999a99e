//! The trampoline of x86-64 (System V ABI, AMD64 supplement).

use super::left::{CANARIES, CANARY, FRAME_CHECKED_BYTES, Left, MXCSR};
use super::stack::{STACK_BYTES, Stack};
use super::{Audit, Paint};
use crate::asan;
use crate::raw_entry::{ARGUMENTS_MAX, CallMemory, IntegerBits, RawEntry, text_of_this_process};
use std::mem::offset_of;
use std::sync::OnceLock;

pub(super) const IS_AUDITED: bool = true;

/// Vector registers that VZEROUPPER cleans.
const LEGACY_VECTORS: usize = 16;

/// Words of an upper half: 2 of a ymm register, then 4 of a zmm register.
const UPPER_WORDS: usize = 6;

/// What the trampoline reads, and what it writes down.
#[repr(C)]
struct Frame {
    /// The stack pointer of the trampoline's caller.
    outer_stack: u64,
    /// The stack pointer at the call; the word there is the address that is called.
    stack: u64,
    arguments: [u64; ARGUMENTS_MAX],
    /// rax, r10, r11.
    scratch: [u64; 3],
    canaries: [u64; CANARIES.len()],
    /// Register i is loaded from 8 i bytes on.
    vectors: *const u64,
    level: u32,
    is_upper: u32,
    should_read_in_use: u32,
    mxcsr: u32,
    value: u64,
    stack_after: u64,
    flags: u64,
    in_use: u64,
    kept: [u64; CANARIES.len()],
    x87: [u16; 16],
    uppers: [[u64; UPPER_WORDS]; LEGACY_VECTORS],
}

/// The widest vector registers: `Frame::level`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u32)]
enum Level {
    Xmm = 0,
    Ymm = 1,
    Zmm = 2,
}

impl Level {
    fn of_this_cpu() -> Self {
        if is_x86_feature_detected!("avx512f") {
            Self::Zmm
        } else if is_x86_feature_detected!("avx") {
            Self::Ymm
        } else {
            Self::Xmm
        }
    }
}

unsafe extern "C" {
    fn crcheck_audit(frame: *mut Frame);
    fn crcheck_audit_leaves_clean();
    fn crcheck_audit_leaves_ymm();
    fn crcheck_audit_leaves_zmm();
    fn crcheck_audit_leaves_zeros();
}

std::arch::global_asm!(
    ".pushsection .text.crcheck_audit,\"ax\",@progbits",
    ".globl crcheck_audit",
    ".type crcheck_audit,@function",
    // rdi: *mut Frame.
    "crcheck_audit:",
    "push rbp",
    "push rbx",
    "push r12",
    "push r13",
    "push r14",
    "push r15",
    "sub rsp, 8",
    "stmxcsr [rsp]",
    "fnstcw [rsp + 4]",
    "mov r11, rdi",
    "mov [r11 + {outer_stack}], rsp",
    // The state that every function starts with: DF clear, MXCSR and x87 as a process starts with
    // them.
    "cld",
    "ldmxcsr [r11 + {mxcsr}]",
    "fninit",
    "mov rax, [r11 + {vectors}]",
    "cmp dword ptr [r11 + {level}], 0",
    "je 2f",
    "vzeroupper",
    "2:",
    ".irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15",
    "movdqu xmm\\i, [rax + 8 * \\i]",
    ".endr",
    "cmp dword ptr [r11 + {is_upper}], 0",
    "je 4f",
    "cmp dword ptr [r11 + {level}], 1",
    "jb 4f",
    "ja 3f",
    ".irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15",
    "vmovdqu ymm\\i, [rax + 8 * \\i]",
    ".endr",
    "jmp 4f",
    "3:",
    ".irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15",
    "vmovdqu64 zmm\\i, [rax + 8 * \\i]",
    ".endr",
    ".irp i, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31",
    "vmovdqu64 zmm\\i, [rax + 8 * \\i]",
    ".endr",
    "mov ecx, [rax]",
    ".irp i, 1, 2, 3, 4, 5, 6, 7",
    "kmovw k\\i, ecx",
    ".endr",
    "4:",
    "mov rsp, [r11 + {stack}]",
    "mov rbx, [r11 + {canaries}]",
    "mov rbp, [r11 + {canaries} + 8]",
    "mov r12, [r11 + {canaries} + 16]",
    "mov r13, [r11 + {canaries} + 24]",
    "mov r14, [r11 + {canaries} + 32]",
    "mov r15, [r11 + {canaries} + 40]",
    "mov rdi, [r11 + {arguments}]",
    "mov rsi, [r11 + {arguments} + 8]",
    "mov rdx, [r11 + {arguments} + 16]",
    "mov rcx, [r11 + {arguments} + 24]",
    "mov r8, [r11 + {arguments} + 32]",
    "mov r9, [r11 + {arguments} + 40]",
    "mov rax, [r11 + {scratch}]",
    "mov r10, [r11 + {scratch} + 8]",
    "mov r11, [r11 + {scratch} + 16]",
    "call [rsp]",
    // Only the stack pointer is left, and it may be wrong by a little: the stack's top holds the
    // frame.
    "mov r10, rsp",
    "mov r11, rsp",
    "and r11, -{stack_bytes}",
    "mov r11, [r11 + {stack_bytes} - 8]",
    "mov rsp, [r11 + {outer_stack}]",
    "mov [r11 + {value}], rax",
    "mov [r11 + {stack_after}], r10",
    "pushfq",
    "pop rax",
    "mov [r11 + {flags}], rax",
    "cld",
    "mov [r11 + {kept}], rbx",
    "mov [r11 + {kept} + 8], rbp",
    "mov [r11 + {kept} + 16], r12",
    "mov [r11 + {kept} + 24], r13",
    "mov [r11 + {kept} + 32], r14",
    "mov [r11 + {kept} + 40], r15",
    "cmp dword ptr [r11 + {should_read_in_use}], 0",
    "je 5f",
    "mov ecx, 1",
    "xgetbv",
    "mov [r11 + {in_use}], eax",
    "5:",
    "cmp dword ptr [r11 + {level}], 1",
    "jb 7f",
    "je 6f",
    ".irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15",
    "vextracti64x4 [r11 + {uppers} + 48 * \\i + 16], zmm\\i, 1",
    ".endr",
    "6:",
    ".irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15",
    "vextractf128 [r11 + {uppers} + 48 * \\i], ymm\\i, 1",
    ".endr",
    "vzeroupper",
    "7:",
    "stmxcsr [r11 + {mxcsr}]",
    "fnstenv [r11 + {x87}]",
    "fninit",
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
    ".size crcheck_audit, . - crcheck_audit",
    // What these functions leave is known: they decide whether XGETBV can be trusted.
    ".globl crcheck_audit_leaves_ymm",
    "crcheck_audit_leaves_ymm:",
    "vcmpps ymm5, ymm5, ymm5, 15",
    "ret",
    ".globl crcheck_audit_leaves_zmm",
    "crcheck_audit_leaves_zmm:",
    "vpternlogd zmm5, zmm5, zmm5, 255",
    "ret",
    ".globl crcheck_audit_leaves_zeros",
    "crcheck_audit_leaves_zeros:",
    "vcmpps ymm5, ymm5, ymm5, 15",
    "vcmpps ymm5, ymm5, ymm5, 11",
    "ret",
    ".globl crcheck_audit_leaves_clean",
    "crcheck_audit_leaves_clean:",
    "vcmpps ymm5, ymm5, ymm5, 15",
    "vzeroupper",
    "ret",
    ".popsection",
    stack_bytes = const STACK_BYTES,
    outer_stack = const offset_of!(Frame, outer_stack),
    stack = const offset_of!(Frame, stack),
    arguments = const offset_of!(Frame, arguments),
    scratch = const offset_of!(Frame, scratch),
    canaries = const offset_of!(Frame, canaries),
    vectors = const offset_of!(Frame, vectors),
    level = const offset_of!(Frame, level),
    is_upper = const offset_of!(Frame, is_upper),
    should_read_in_use = const offset_of!(Frame, should_read_in_use),
    mxcsr = const offset_of!(Frame, mxcsr),
    value = const offset_of!(Frame, value),
    stack_after = const offset_of!(Frame, stack_after),
    flags = const offset_of!(Frame, flags),
    in_use = const offset_of!(Frame, in_use),
    kept = const offset_of!(Frame, kept),
    x87 = const offset_of!(Frame, x87),
    uppers = const offset_of!(Frame, uppers),
);

/// Words of FNSTENV's image in 16-bit units (Intel SDM 1, figure 8-9).
const X87_CONTROL_AT: usize = 0;
const X87_TAGS_AT: usize = 4;

/// Components of XINUSE: the upper halves of ymm0 to ymm15 and of zmm0 to zmm15 (Intel SDM 1,
/// 13.1).
const YMM_IN_USE: u64 = 1 << 2;
const ZMM_IN_USE: u64 = 1 << 6;

/// Whether XGETBV with ECX = 1 can be trusted.
#[derive(Clone, Copy)]
enum Trust {
    /// There are no upper halves to leave in use.
    NoUpperHalves,
    Trusted,
    Refused(&'static str),
}

fn trust_in_xgetbv() -> Trust {
    static TRUST: OnceLock<Trust> = OnceLock::new();
    *TRUST.get_or_init(calibrate)
}

pub(super) fn vector_state_known() -> Result<(), &'static str> {
    match trust_in_xgetbv() {
        Trust::NoUpperHalves | Trust::Trusted => Ok(()),
        Trust::Refused(reason) => Err(reason),
    }
}

/// How often calibration calls each function.
const CALIBRATION_CALLS: usize = 16;

fn calibrate() -> Trust {
    if Level::of_this_cpu() == Level::Xmm {
        return Trust::NoUpperHalves;
    }
    // Leaf 13, subleaf 1, EAX bit 2: XGETBV takes ECX = 1.
    let max = std::arch::x86_64::__cpuid(0).eax;
    let can_ask = max >= 13 && std::arch::x86_64::__cpuid_count(13, 1).eax & 4 != 0;
    if !can_ask {
        return Trust::Refused("the CPU has no XGETBV with ECX = 1");
    }
    let in_use_after = |function: unsafe extern "C" fn()| {
        // SAFETY: the four functions above take no argument, and return.
        let entry = unsafe { RawEntry::new(function as *const () as usize, &[], 64) };
        super::stack::with(|stack| {
            run(
                stack,
                &entry,
                &[None; ARGUMENTS_MAX],
                &Paint::FORGIVING,
                true,
            )
            .in_use
        })
    };
    let is_zmm = Level::of_this_cpu() == Level::Zmm;
    for _ in 0..CALIBRATION_CALLS {
        if in_use_after(crcheck_audit_leaves_clean) & (YMM_IN_USE | ZMM_IN_USE) != 0 {
            return Trust::Refused(
                "XGETBV with ECX = 1 says that vector state is in use after VZEROUPPER",
            );
        }
        if in_use_after(crcheck_audit_leaves_ymm) & YMM_IN_USE == 0
            || (is_zmm && in_use_after(crcheck_audit_leaves_zmm) & ZMM_IN_USE == 0)
        {
            return Trust::Refused(
                "XGETBV with ECX = 1 says that vector state is clean when it is not",
            );
        }
        if in_use_after(crcheck_audit_leaves_zeros) & YMM_IN_USE == 0 {
            return Trust::Refused(
                "XGETBV with ECX = 1 takes upper halves that hold 0 for clean ones",
            );
        }
    }
    Trust::Trusted
}

pub(super) fn call(
    stack: &Stack,
    entry: &RawEntry,
    checksum: u64,
    message: &[u8],
    paint: &Paint,
) -> Audit {
    let is_trusted = matches!(trust_in_xgetbv(), Trust::Trusted);
    let mut memory = CallMemory::default();
    // SAFETY: a slice is valid for reads.
    let values = unsafe { memory.values(entry, checksum, message.as_ptr(), message.len()) };
    let frame = run(stack, entry, &values, paint, is_trusted);
    let left = left(stack, entry, &frame);
    Audit {
        // SAFETY: `run` made the call with these values; a fault in it, or in what it returned,
        // is survived as any fault of the function.
        value: unsafe {
            memory.checksum(entry, frame.value, message.as_ptr(), |address| {
                text_of_this_process(address)
            })
        },
        clobbered: left.clobbered(),
        control: left.control(),
        has_dirty_vectors: !paint.is_upper && is_dirty(&frame),
        stack_bytes: depth(stack, &frame, paint),
    }
}

fn run(
    stack: &Stack,
    entry: &RawEntry,
    values: &[Option<(u64, IntegerBits)>; ARGUMENTS_MAX],
    paint: &Paint,
    should_read_in_use: bool,
) -> Frame {
    let vectors = paint.vector_words();
    let mut frame = Frame {
        outer_stack: 0,
        stack: stack.pointer(paint.is_stack_aligned) as u64,
        arguments: std::array::from_fn(|index| paint.argument(index, values[index])),
        scratch: paint.scratch(),
        canaries: CANARIES,
        vectors: vectors.as_ptr(),
        level: Level::of_this_cpu() as u32,
        is_upper: u32::from(paint.is_upper),
        should_read_in_use: u32::from(should_read_in_use),
        mxcsr: MXCSR,
        value: 0,
        stack_after: 0,
        flags: 0,
        in_use: 0,
        kept: [0; CANARIES.len()],
        x87: [0; 16],
        uppers: [[0; UPPER_WORDS]; LEGACY_VECTORS],
    };
    let at = frame.stack as usize;
    // SAFETY: both parts of the stack lie above its inaccessible page, aligned to 8; nothing runs
    // on it and nothing borrows it.
    unsafe {
        let below = paint.stack_bytes / 8 * 8;
        // A call that was left has not taken the marks off its frames.
        asan::unpoison((at - below) as *const u8, below + FRAME_CHECKED_BYTES);
        stack.fill(at - below, below, paint.stack_word());
        stack.fill(at, FRAME_CHECKED_BYTES, CANARY);
        stack.fill(at, 8, entry.address as u64);
        stack.top_word().write(&raw mut frame as u64);
        crcheck_audit(&raw mut frame);
    }
    frame
}

/// What the call has left.
fn left(stack: &Stack, entry: &RawEntry, frame: &Frame) -> Left {
    // SAFETY: as in `run`; the call is over.
    let callers = unsafe { stack.words(frame.stack as usize, FRAME_CHECKED_BYTES) };
    let is_kept = callers[0] == entry.address as u64 && callers[1..].iter().all(|&w| w == CANARY);
    Left {
        kept: frame.kept,
        has_stack_back: frame.stack_after == frame.stack,
        is_frame_kept: is_kept,
        flags: frame.flags,
        mxcsr: frame.mxcsr,
        x87_control: frame.x87[X87_CONTROL_AT],
        x87_tags: frame.x87[X87_TAGS_AT],
    }
}

fn is_dirty(frame: &Frame) -> bool {
    let by_value = frame.uppers.iter().flatten().any(|&word| word != 0);
    by_value || frame.in_use & (YMM_IN_USE | ZMM_IN_USE) != 0
}

/// How far below the return address the function wrote, in bytes.
fn depth(stack: &Stack, frame: &Frame, paint: &Paint) -> usize {
    let at = frame.stack as usize;
    let painted = paint.stack_bytes / 8 * 8;
    // SAFETY: as in `run`; the call is over.
    let below = unsafe { stack.words(at - painted, painted) };
    let blank = [paint.stack_word(); 8];
    let whole = below
        .as_chunks::<8>()
        .0
        .iter()
        .take_while(|words| **words == blank)
        .count()
        * 8;
    let rest = below[whole..].iter().take_while(|&&word| word == blank[0]);
    let untouched = 8 * (whole + rest.count());
    // The call instruction itself wrote the return address.
    (painted - untouched).saturating_sub(8)
}
