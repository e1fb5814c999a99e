//! CPUID and XCR0, from the CPU.

use crate::cpu::cpuid::CpuidWords;
use core::arch::x86_64::{__cpuid_count, _xgetbv};

/// Asks the CPU.
pub(super) fn words() -> CpuidWords {
    CpuidWords::ask(
        |leaf| {
            let answer = __cpuid_count(leaf, 0);
            [answer.eax, answer.ebx, answer.ecx, answer.edx]
        },
        // SAFETY: `ask` calls this only if OSXSAVE says that the operating system has enabled
        // XGETBV.
        || unsafe { xcr0() },
    )
}

#[target_feature(enable = "xsave")]
fn xcr0() -> u64 {
    // SAFETY: register 0 exists wherever XGETBV does.
    unsafe { _xgetbv(0) }
}
