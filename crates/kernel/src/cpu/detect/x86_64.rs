//! CPUID and XCR0, from the CPU.

use crate::cpu::cpuid::CpuidWords;
use core::arch::x86_64::{__cpuid, __cpuid_count, _xgetbv};

/// Asks the CPU.
pub(super) fn words() -> CpuidWords {
    let leaf_0 = __cpuid(0);
    let leaf_1 = __cpuid(1);
    let leaf_7 = if leaf_0.eax >= 7 {
        Some(__cpuid_count(7, 0))
    } else {
        None
    };
    let text = [leaf_0.ebx, leaf_0.edx, leaf_0.ecx].map(u32::to_le_bytes);
    let mut vendor = [0; 12];
    vendor.copy_from_slice(text.as_flattened());
    let mut words = CpuidWords {
        vendor,
        leaf_1_ecx: leaf_1.ecx,
        leaf_1_edx: leaf_1.edx,
        leaf_7_ebx: leaf_7.map_or(0, |leaf| leaf.ebx),
        leaf_7_ecx: leaf_7.map_or(0, |leaf| leaf.ecx),
        xcr0: 0,
    };
    if words.has_osxsave() {
        // SAFETY: OSXSAVE says that the operating system has enabled XGETBV.
        words.xcr0 = unsafe { xcr0() };
    }
    words
}

#[target_feature(enable = "xsave")]
fn xcr0() -> u64 {
    // SAFETY: register 0 exists wherever XGETBV does.
    unsafe { _xgetbv(0) }
}
