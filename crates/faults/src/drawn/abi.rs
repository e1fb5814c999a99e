//! What a function does to its caller, and what it counts on although the ABI does not promise it:
//! in a register, slot or control bit that is drawn. Each fault has a row of functions, one every
//! [`STRIDE`] bytes.

use crate::draw::Draw;
use crate::parts::assembly::{AUDITED_CALLS, AUDITED_CALLS_AND_AVX, assembly, call_c};
use crate::right_diagnosis::RightDiagnosis;
use crate::spec::FaultSpec;
use crate::test_kernel::TestKernel;
use crcheck_harness::check::checks;
use crcheck_harness::subject::Kind;

/// Bytes from one function of a row to the next, which `.balign 64` keeps to.
const STRIDE: usize = 64;

assembly!(crcheck_row_forgets:
    ".irp register, rbx, rbp, r12, r13, r14, r15"
    ".balign 64"
    "mov \\register, rdx"
    "jmp {right}"
    ".endr"
);
const KEPT: [&str; 6] = ["rbx", "rbp", "r12", "r13", "r14", "r15"];

assembly!(crcheck_row_writes_above:
    ".irp slot, 8, 16, 24, 32"
    ".balign 64"
    "mov [rsp + \\slot], edi"
    "jmp {right}"
    ".endr"
);
assembly!(crcheck_row_mxcsr:
    ".irp bits, 0x8000, 0x0040, 0x2000, 0x4000, 0x6000"
    ".balign 64"
    "sub rsp, 8"
    "stmxcsr [rsp]"
    "or dword ptr [rsp], \\bits"
    "ldmxcsr [rsp]"
    "call {right}"
    "add rsp, 8"
    "ret"
    ".endr"
);
assembly!(crcheck_row_x87:
    ".irp word, 0x007f, 0x027f, 0x077f, 0x0b7f, 0x0f7f"
    ".balign 64"
    "sub rsp, 8"
    "mov word ptr [rsp], \\word"
    "fldcw [rsp]"
    "call {right}"
    "add rsp, 8"
    "ret"
    ".endr"
);
assembly!(crcheck_row_mmx:
    ".irp i, 0, 1, 2, 3, 4, 5, 6, 7"
    ".balign 64"
    "movd mm\\i, edi"
    "jmp {right}"
    ".endr"
);
assembly!(crcheck_row_ymm:
    ".irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15"
    ".balign 64"
    "vcmpps ymm\\i, ymm\\i, ymm\\i, 15"
    "jmp {right}"
    ".endr"
);
assembly!(crcheck_row_unset_xmm:
    ".irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15"
    ".balign 64"
    "movd eax, xmm\\i"
    "xor edi, eax"
    "jmp {right}"
    ".endr"
);
assembly!(crcheck_row_unset_register:
    ".irp register, eax, ecx, r8d, r9d, r10d, r11d"
    ".balign 64"
    "xor edi, \\register"
    "jmp {right}"
    ".endr"
);
assembly!(crcheck_row_unset_stack:
    ".irp slot, 8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 112, 120, 128"
    ".balign 64"
    "xor edi, [rsp - \\slot]"
    "jmp {right}"
    ".endr"
);

/// Draws one of the `count` functions of a row.
fn draw_from_row(draw: &mut Draw, row: *const (), count: usize) -> (usize, TestKernel) {
    let index = draw.number(0, count - 1);
    (index, call_c(row.wrapping_byte_add(STRIDE * index)))
}

/// Draws one of the functions of a row. The kind of the finding is the whole diagnosis.
macro_rules! one_of {
    ($row:ident, $count:literal) => {
        |draw| {
            let (_, kernel) = draw_from_row(draw, $row as *const (), $count);
            (kernel, RightDiagnosis::Observed)
        }
    };
}

pub(super) const FAULTS: &[FaultSpec] = &[
    FaultSpec::drawn(
        "register-not-given-back",
        "uses a register of its caller and does not give it back",
        "antonblanchard/crc32-vpmsum 2, JDK-8324874 and their kin: non-volatile \
            registers clobbered",
        |draw| {
            let row = crcheck_row_forgets as *const ();
            let (index, kernel) = draw_from_row(draw, row, KEPT.len());
            (
                kernel,
                RightDiagnosis::Said(format!("does not give back {}", KEPT[index])),
            )
        },
    )
    .caught_only_by(checks::abi::ID, &[Kind::ClobberedRegister])
    .needing(AUDITED_CALLS),
    FaultSpec::drawn(
        "slot-above-written",
        "writes to a slot of its caller's stack",
        "wolfSSL 11290: the home space of Win64, there or not",
        one_of!(crcheck_row_writes_above, 4),
    )
    .caught_only_by(checks::abi::ID, &[Kind::ClobberedRegister])
    .needing(AUDITED_CALLS),
    FaultSpec::drawn(
        "mxcsr-bit-left",
        "leaves a control bit of MXCSR set",
        "openzfs 9346: a checksum that corrupts the FPU state of its caller",
        one_of!(crcheck_row_mxcsr, 5),
    )
    .caught_only_by(checks::abi::ID, &[Kind::ControlState])
    .needing(AUDITED_CALLS),
    FaultSpec::drawn(
        "x87-word-left",
        "leaves the x87 at another precision or rounding",
        "openzfs 9346: a checksum that corrupts the FPU state of its caller",
        one_of!(crcheck_row_x87, 5),
    )
    .caught_only_by(checks::abi::ID, &[Kind::ControlState])
    .needing(AUDITED_CALLS),
    FaultSpec::drawn(
        "mmx-left-in-use",
        "leaves an MMX register in use",
        "openzfs 9346: a checksum that corrupts the FPU state of its caller",
        one_of!(crcheck_row_mmx, 8),
    )
    .caught_only_by(checks::abi::ID, &[Kind::ControlState])
    .needing(AUDITED_CALLS),
    FaultSpec::drawn(
        "upper-half-left",
        "leaves the upper half of a ymm register in use",
        "wolfSSL 11290: missing vzeroupper",
        one_of!(crcheck_row_ymm, 16),
    )
    .caught_only_by(checks::abi::ID, &[Kind::DirtyVectorState])
    .needing(AUDITED_CALLS_AND_AVX),
    FaultSpec::drawn(
        "vector-unset",
        "uses a vector register before it is set",
        "rsync 859: `mul_one` read before it is set",
        one_of!(crcheck_row_unset_xmm, 16),
    )
    .caught_only_by(checks::paint::ID, &[Kind::UnsetRead])
    .needing(AUDITED_CALLS),
    FaultSpec::drawn(
        "register-unset",
        "takes a register for zero that no caller sets",
        "ceph 41393 and its kin: right with one compiler's choice of registers",
        one_of!(crcheck_row_unset_register, 6),
    )
    .caught_only_by(checks::paint::ID, &[Kind::UnsetRead])
    .needing(AUDITED_CALLS),
    FaultSpec::drawn(
        "slot-unset",
        "takes a word of its stack for zero before it has written it",
        "the article, its Go frame: a result slot that is never written",
        one_of!(crcheck_row_unset_stack, 16),
    )
    .caught_only_by(checks::paint::ID, &[Kind::UnsetRead])
    .needing(AUDITED_CALLS),
];
