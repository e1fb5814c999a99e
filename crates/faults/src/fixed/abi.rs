//! What a function does to its caller, and what it counts on without a promise: in assembly, since no
//! compiler makes these mistakes. But for its fault each goes on to a function that is right.

use crate::base;
use crate::exhibit::{Exhibit, Fault, Necessity};
use crcheck_harness::audit::{self, Argument, RawEntry};
use crcheck_harness::check::CheckId;
use crcheck_harness::finding::Kind;

pub(crate) extern "C" fn right(checksum: u32, message: *const u8, len_bytes: usize) -> u32 {
    // SAFETY: the caller passes a message.
    let message = unsafe { std::slice::from_raw_parts(message, len_bytes) };
    base::update(checksum, message)
}

/// Loads the checksum as eight bytes: `vmovq` for `vmovd`.
extern "C" fn wide_checksum(checksum: u64, message: *const u8, len_bytes: usize) -> u32 {
    // SAFETY: the caller passes a message.
    let message = unsafe { std::slice::from_raw_parts(message, len_bytes) };
    let Some((first, rest)) = message.split_first_chunk::<8>() else {
        return base::update(checksum as u32, message);
    };
    let upper = checksum & !0xffff_ffff;
    let first = (u64::from_le_bytes(*first) ^ upper).to_le_bytes();
    base::update(base::update(checksum as u32, &first), rest)
}

/// Refuses what it takes for more than 4 GiB.
extern "C" fn wide_length(checksum: u32, message: *const u8, len_bytes: u64) -> u32 {
    if len_bytes >> 32 != 0 {
        return checksum;
    }
    right(checksum, message, len_bytes as usize)
}

/// A function in assembly that is called like [`right`], which `{right}` names.
macro_rules! function {
    ($name:ident: $($line:literal)+) => {
        std::arch::global_asm!(
            concat!(".pushsection .text.", stringify!($name), ",\"ax\",@progbits"),
            concat!(".globl ", stringify!($name)),
            concat!(".type ", stringify!($name), ",@function"),
            concat!(stringify!($name), ":"),
            $($line,)+
            concat!(".size ", stringify!($name), ", . - ", stringify!($name)),
            ".popsection",
            right = sym right,
        );

        unsafe extern "C" {
            fn $name(checksum: u32, message: *const u8, len_bytes: usize) -> u32;
        }
    };
}

pub(crate) use function;

function!(crcheck_forgets_rbx:
    "mov rbx, rdx"
    "jmp {right}"
);
function!(crcheck_forgets_r12:
    "cmp rdx, 64"
    "jb {right}"
    "mov r12, rsi"
    "jmp {right}"
);
function!(crcheck_writes_above:
    "mov [rsp + 16], edi"
    "jmp {right}"
);
function!(crcheck_leaves_direction:
    "sub rsp, 8"
    "call {right}"
    "add rsp, 8"
    "std"
    "ret"
);
function!(crcheck_leaves_mxcsr:
    "sub rsp, 8"
    "stmxcsr [rsp]"
    "or dword ptr [rsp], 0x8040"
    "ldmxcsr [rsp]"
    "call {right}"
    "add rsp, 8"
    "ret"
);
function!(crcheck_leaves_x87:
    "sub rsp, 8"
    "fnstcw [rsp]"
    "and word ptr [rsp], 0xfcff"
    "fldcw [rsp]"
    "call {right}"
    "add rsp, 8"
    "ret"
);
function!(crcheck_leaves_mmx:
    "movd mm0, edi"
    "jmp {right}"
);
function!(crcheck_leaves_ymm:
    "cmp rdx, 128"
    "jb {right}"
    "vcmpps ymm0, ymm0, ymm0, 15"
    "jmp {right}"
);
function!(crcheck_stack_of_32:
    "sub rsp, 56"
    "vmovdqa [rsp], ymm0"
    "vzeroupper"
    "call {right}"
    "add rsp, 56"
    "ret"
);
function!(crcheck_unset_xmm:
    "movd eax, xmm13"
    "xor edi, eax"
    "jmp {right}"
);
function!(crcheck_unset_upper:
    "vextractf128 xmm1, ymm9, 1"
    "vmovd eax, xmm1"
    "vzeroupper"
    "xor edi, eax"
    "jmp {right}"
);
function!(crcheck_unset_register:
    "xor edi, r10d"
    "jmp {right}"
);
function!(crcheck_unset_stack:
    "xor edi, [rsp - 24]"
    "jmp {right}"
);

/// How all are declared.
const DECLARED: [Argument; 3] = [Argument::Checksum32, Argument::Message, Argument::Length64];

fn declared(function: *const (), arguments: &[Argument]) -> Exhibit {
    // SAFETY: each function here is declared so, in C, and lives as long as the program.
    Exhibit::machine(unsafe { RawEntry::new(function as usize, arguments, 32) })
}

/// A function that is declared like [`right`].
pub(crate) fn in_c(function: *const ()) -> Exhibit {
    declared(function, &DECLARED)
}

macro_rules! exhibit {
    ($function:ident) => {
        || in_c($function as *const ())
    };
}

pub(crate) const AUDITED: fn() -> Option<&'static str> = || {
    audit::available()
        .is_err()
        .then_some("a program without AddressSanitizer")
};

pub(crate) const AUDITED_AVX: fn() -> Option<&'static str> = || {
    let has_avx = is_x86_feature_detected!("avx");
    if has_avx { AUDITED() } else { Some("AVX") }
};

/// A fault that an audited call alone can see.
const fn border(
    (caught_by, kind): (CheckId, &'static [Kind]),
    name: &'static str,
    summary: &'static str,
    source: &'static str,
    make: fn() -> Exhibit,
) -> Fault {
    Fault {
        name,
        summary,
        source,
        caught_by,
        kinds: kind,
        necessity: Necessity::Alone,
        unavailable: AUDITED,
        make,
    }
}

const CLOBBERED: (CheckId, &[Kind]) = (CheckId::Abi, &[Kind::ClobberedRegister]);
const CONTROL: (CheckId, &[Kind]) = (CheckId::Abi, &[Kind::ControlState]);
const DIRTY: (CheckId, &[Kind]) = (CheckId::Abi, &[Kind::DirtyVectorState]);
const MISALIGNED: (CheckId, &[Kind]) = (CheckId::Abi, &[Kind::MisalignedAccess]);
const GARBAGE: (CheckId, &[Kind]) = (CheckId::Abi, &[Kind::UnsetRead]);
const UNSET: (CheckId, &[Kind]) = (CheckId::Paint, &[Kind::UnsetRead]);

pub(super) const FAULTS: &[Fault] = &[
    border(
        CLOBBERED,
        "forgets-rbx",
        "uses rbx and does not give it back",
        "antonblanchard/crc32-vpmsum 2, JDK-8324874 and their kin: non-volatile registers clobbered",
        exhibit!(crcheck_forgets_rbx),
    ),
    border(
        CLOBBERED,
        "forgets-r12",
        "uses r12 from 64 bytes on and does not give it back",
        "RustCrypto/asm-hashes 13 and its kin: non-volatile registers clobbered",
        exhibit!(crcheck_forgets_r12),
    ),
    border(
        CLOBBERED,
        "writes-above",
        "writes to the stack above its return address, as to the home space of another ABI",
        "wolfSSL 11290: the home space of Win64, there or not",
        exhibit!(crcheck_writes_above),
    ),
    border(
        CONTROL,
        "direction-left-set",
        "goes through memory backwards and leaves the direction flag set",
        "openzfs 9346 and its kin: state of the caller that a checksum changes",
        exhibit!(crcheck_leaves_direction),
    ),
    border(
        CONTROL,
        "mxcsr-changed",
        "leaves denormals flushed to zero in MXCSR",
        "openzfs 9346: a checksum that corrupts the FPU state of its caller",
        exhibit!(crcheck_leaves_mxcsr),
    ),
    border(
        CONTROL,
        "x87-changed",
        "leaves the x87 at single precision",
        "openzfs 9346: a checksum that corrupts the FPU state of its caller",
        exhibit!(crcheck_leaves_x87),
    ),
    border(
        CONTROL,
        "no-emms",
        "uses MMX registers and leaves them in use",
        "openzfs 9346: a checksum that corrupts the FPU state of its caller",
        exhibit!(crcheck_leaves_mmx),
    ),
    Fault {
        unavailable: AUDITED_AVX,
        ..border(
            DIRTY,
            "no-vzeroupper",
            "leaves upper halves of ymm registers in use from 128 bytes on",
            "wolfSSL 11290: missing vzeroupper",
            exhibit!(crcheck_leaves_ymm),
        )
    },
    Fault {
        unavailable: AUDITED_AVX,
        ..border(
            MISALIGNED,
            "stack-of-32",
            "spills a vector to a stack that it takes to be aligned to 32",
            "komrad36 and others: movdqa to what the ABI aligns to 16 only",
            exhibit!(crcheck_stack_of_32),
        )
    },
    border(
        GARBAGE,
        "wide-checksum",
        "loads a checksum of 32 bits as 64",
        "vmovq for vmovd: the upper half of a 32-bit argument is anybody's",
        || in_c(wide_checksum as *const ()),
    ),
    border(
        GARBAGE,
        "wide-length",
        "compares a length of 32 bits as 64",
        "the upper half of a 32-bit argument is anybody's",
        || {
            let arguments = [Argument::Checksum32, Argument::Message, Argument::Length32];
            declared(wide_length as *const (), &arguments)
        },
    ),
    border(
        UNSET,
        "unset-lane",
        "uses a vector register before it is set",
        "rsync 859: `mul_one` read before it is set",
        exhibit!(crcheck_unset_xmm),
    ),
    Fault {
        unavailable: AUDITED_AVX,
        ..border(
            UNSET,
            "unset-upper-lane",
            "uses the upper half of a register of which it has set the lower",
            "libdeflate 403: the upper lanes of a cast are undefined",
            exhibit!(crcheck_unset_upper),
        )
    },
    border(
        UNSET,
        "unset-register",
        "takes r10 for zero",
        "ceph 41393 and its kin: right with one compiler's choice of registers",
        exhibit!(crcheck_unset_register),
    ),
    border(
        UNSET,
        "unset-stack",
        "takes a word of its stack for zero before it has written it",
        "the article, its Go frame: a result slot that is never written",
        exhibit!(crcheck_unset_stack),
    ),
    Fault {
        unavailable: || {
            let is_known = audit::vector_state_known().is_ok();
            AUDITED_AVX().or((!is_known).then_some("XGETBV with ECX = 1 that can be trusted"))
        },
        ..border(
            DIRTY,
            "vector-state-of-zeros",
            "leaves upper halves in use that hold 0",
            "wolfSSL 11290: missing vzeroupper, where no value shows it",
            exhibit!(crcheck_leaves_zeros),
        )
    },
];

function!(crcheck_leaves_zeros:
    "vcmpps ymm0, ymm0, ymm0, 15"
    "vcmpps ymm0, ymm0, ymm0, 11"
    "jmp {right}"
);

/// With every register in use, and each given back; every state changed, and put back.
pub(crate) fn careful() -> Exhibit {
    exhibit!(crcheck_careful)()
}

function!(crcheck_careful:
    "push rbx"
    "push rbp"
    "push r12"
    "push r13"
    "push r14"
    "push r15"
    "sub rsp, 8"
    "mov rbx, rdi"
    "mov rbp, rsi"
    "mov r12, rdx"
    "xor r13d, r13d"
    "mov r14, rsp"
    "or r15, -1"
    "movd mm0, edi"
    "emms"
    "std"
    "cld"
    "mov edi, ebx"
    "call {right}"
    "add rsp, 8"
    "pop r15"
    "pop r14"
    "pop r13"
    "pop r12"
    "pop rbp"
    "pop rbx"
    "ret"
);
