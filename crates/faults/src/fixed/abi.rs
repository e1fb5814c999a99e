//! What a function does to its caller, and what it counts on although the ABI does not promise it.
//! No compiler makes these mistakes, so the functions are in assembly.

use crate::parts::assembly::{
    AUDITED_CALLS, AUDITED_CALLS_AND_AVX, TRUSTED_VECTOR_STATE, assembly, call_c, call_c_with,
    take_wide_checksum, take_wide_length,
};
use crate::right_diagnosis::RightDiagnosis;
use crate::spec::FaultSpec;
use crcheck_harness::check::checks;
use crcheck_harness::platform::raw_entry::{Argument, IntegerBits};
use crcheck_harness::subject::Kind;

assembly!(crcheck_forgets_rbx:
    "mov rbx, rdx"
    "jmp {right}"
);
assembly!(crcheck_forgets_r12:
    "cmp rdx, 64"
    "jb {right}"
    "mov r12, rsi"
    "jmp {right}"
);
assembly!(crcheck_writes_above:
    "mov [rsp + 16], edi"
    "jmp {right}"
);
assembly!(crcheck_leaves_direction:
    "sub rsp, 8"
    "call {right}"
    "add rsp, 8"
    "std"
    "ret"
);
assembly!(crcheck_leaves_mxcsr:
    "sub rsp, 8"
    "stmxcsr [rsp]"
    "or dword ptr [rsp], 0x8040"
    "ldmxcsr [rsp]"
    "call {right}"
    "add rsp, 8"
    "ret"
);
assembly!(crcheck_leaves_x87:
    "sub rsp, 8"
    "fnstcw [rsp]"
    "and word ptr [rsp], 0xfcff"
    "fldcw [rsp]"
    "call {right}"
    "add rsp, 8"
    "ret"
);
assembly!(crcheck_leaves_mmx:
    "movd mm0, edi"
    "jmp {right}"
);
assembly!(crcheck_leaves_ymm:
    "cmp rdx, 128"
    "jb {right}"
    "vcmpps ymm0, ymm0, ymm0, 15"
    "jmp {right}"
);
assembly!(crcheck_stack_of_32:
    "sub rsp, 56"
    "vmovdqa [rsp], ymm0"
    "vzeroupper"
    "call {right}"
    "add rsp, 56"
    "ret"
);
assembly!(crcheck_unset_xmm:
    "movd eax, xmm13"
    "xor edi, eax"
    "jmp {right}"
);
assembly!(crcheck_unset_upper:
    "vextractf128 xmm1, ymm9, 1"
    "vmovd eax, xmm1"
    "vzeroupper"
    "xor edi, eax"
    "jmp {right}"
);
assembly!(crcheck_unset_register:
    "xor edi, r10d"
    "jmp {right}"
);
assembly!(crcheck_unset_stack:
    "xor edi, [rsp - 24]"
    "jmp {right}"
);

assembly!(crcheck_leaves_zeros:
    "vcmpps ymm0, ymm0, ymm0, 15"
    "vcmpps ymm0, ymm0, ymm0, 11"
    "jmp {right}"
);

/// Makes the kernel of a function in assembly.
macro_rules! call {
    ($function:ident) => {
        || call_c($function as *const ())
    };
}

pub(super) const FAULTS: &[FaultSpec] = &[
    FaultSpec::fixed(
        "forgets-rbx",
        "uses rbx and does not give it back",
        "antonblanchard/crc32-vpmsum 2, JDK-8324874 and their kin: non-volatile \
            registers clobbered",
        call!(crcheck_forgets_rbx),
    )
    .caught_only_by(checks::abi::ID, &[Kind::ClobberedRegister])
    .needing(AUDITED_CALLS)
    .diagnosed_as(|| RightDiagnosis::Said("does not give back rbx".to_owned())),
    FaultSpec::fixed(
        "forgets-r12",
        "uses r12 from 64 bytes on and does not give it back",
        "RustCrypto/asm-hashes 13 and its kin: non-volatile registers clobbered",
        call!(crcheck_forgets_r12),
    )
    .caught_only_by(checks::abi::ID, &[Kind::ClobberedRegister])
    .needing(AUDITED_CALLS)
    .diagnosed_as(|| RightDiagnosis::Said("does not give back r12".to_owned())),
    FaultSpec::fixed(
        "writes-above",
        "writes to the stack above its return address, as to the home space of another ABI",
        "wolfSSL 11290: the home space of Win64, there or not",
        call!(crcheck_writes_above),
    )
    .caught_only_by(checks::abi::ID, &[Kind::ClobberedRegister])
    .needing(AUDITED_CALLS),
    FaultSpec::fixed(
        "direction-left-set",
        "goes through memory backwards and leaves the direction flag set",
        "openzfs 9346 and its kin: state of the caller that a checksum changes",
        call!(crcheck_leaves_direction),
    )
    .caught_only_by(checks::abi::ID, &[Kind::ControlState])
    .needing(AUDITED_CALLS),
    FaultSpec::fixed(
        "mxcsr-changed",
        "leaves denormals flushed to zero in MXCSR",
        "openzfs 9346: a checksum that corrupts the FPU state of its caller",
        call!(crcheck_leaves_mxcsr),
    )
    .caught_only_by(checks::abi::ID, &[Kind::ControlState])
    .needing(AUDITED_CALLS),
    FaultSpec::fixed(
        "x87-changed",
        "leaves the x87 at single precision",
        "openzfs 9346: a checksum that corrupts the FPU state of its caller",
        call!(crcheck_leaves_x87),
    )
    .caught_only_by(checks::abi::ID, &[Kind::ControlState])
    .needing(AUDITED_CALLS),
    FaultSpec::fixed(
        "no-emms",
        "uses MMX registers and leaves them in use",
        "openzfs 9346: a checksum that corrupts the FPU state of its caller",
        call!(crcheck_leaves_mmx),
    )
    .caught_only_by(checks::abi::ID, &[Kind::ControlState])
    .needing(AUDITED_CALLS),
    FaultSpec::fixed(
        "no-vzeroupper",
        "leaves upper halves of ymm registers in use from 128 bytes on",
        "wolfSSL 11290: missing vzeroupper",
        call!(crcheck_leaves_ymm),
    )
    .caught_only_by(checks::abi::ID, &[Kind::DirtyVectorState])
    .needing(AUDITED_CALLS_AND_AVX),
    FaultSpec::fixed(
        "stack-of-32",
        "spills a vector to a stack that it takes to be aligned to 32",
        "komrad36 and others: movdqa to what the ABI aligns to 16 only",
        call!(crcheck_stack_of_32),
    )
    .caught_only_by(checks::abi::ID, &[Kind::MisalignedAccess])
    .needing(AUDITED_CALLS_AND_AVX),
    FaultSpec::fixed(
        "wide-checksum",
        "loads a checksum of 32 bits as 64",
        "vmovq for vmovd: the upper half of a 32-bit argument is anybody's",
        || call_c(take_wide_checksum as *const ()),
    )
    .caught_only_by(checks::abi::ID, &[Kind::UnsetRead])
    .needing(AUDITED_CALLS),
    FaultSpec::fixed(
        "wide-length",
        "compares a length of 32 bits as 64",
        "the upper half of a 32-bit argument is anybody's",
        || {
            let arguments = [
                Argument::Checksum(IntegerBits::B32),
                Argument::Message,
                Argument::Length(IntegerBits::B32),
            ];
            call_c_with(take_wide_length as *const (), &arguments)
        },
    )
    .caught_only_by(checks::abi::ID, &[Kind::UnsetRead])
    .needing(AUDITED_CALLS),
    FaultSpec::fixed(
        "unset-lane",
        "uses a vector register before it is set",
        "rsync 859: `mul_one` read before it is set",
        call!(crcheck_unset_xmm),
    )
    .caught_only_by(checks::paint::ID, &[Kind::UnsetRead])
    .needing(AUDITED_CALLS),
    FaultSpec::fixed(
        "unset-upper-lane",
        "uses the upper half of a register of which it has set the lower",
        "libdeflate 403: the upper lanes of a cast are undefined",
        call!(crcheck_unset_upper),
    )
    .caught_only_by(checks::paint::ID, &[Kind::UnsetRead])
    .needing(AUDITED_CALLS_AND_AVX),
    FaultSpec::fixed(
        "unset-register",
        "takes r10 for zero",
        "ceph 41393 and its kin: right with one compiler's choice of registers",
        call!(crcheck_unset_register),
    )
    .caught_only_by(checks::paint::ID, &[Kind::UnsetRead])
    .needing(AUDITED_CALLS),
    FaultSpec::fixed(
        "unset-stack",
        "takes a word of its stack for zero before it has written it",
        "the article, its Go frame: a result slot that is never written",
        call!(crcheck_unset_stack),
    )
    .caught_only_by(checks::paint::ID, &[Kind::UnsetRead])
    .needing(AUDITED_CALLS),
    FaultSpec::fixed(
        "vector-state-of-zeros",
        "leaves upper halves in use that hold 0",
        "wolfSSL 11290: missing vzeroupper, where no value shows it",
        call!(crcheck_leaves_zeros),
    )
    .caught_only_by(checks::abi::ID, &[Kind::DirtyVectorState])
    .needing(TRUSTED_VECTOR_STATE),
];
