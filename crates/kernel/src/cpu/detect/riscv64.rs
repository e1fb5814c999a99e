//! The extensions, from the system call `riscv_hwprobe` (Linux 6.4,
//! Documentation/arch/riscv/hwprobe.rst).
//!
//! The call is made here, without a library. User code has no register that shows the extensions.

use crate::cpu::hwprobe::HwprobeWords;

/// Asks the operating system.
pub(super) fn words() -> HwprobeWords {
    #[cfg(target_os = "linux")]
    return HwprobeWords {
        ima_ext_0: ima_ext_0(),
    };
    #[cfg(not(target_os = "linux"))]
    return HwprobeWords { ima_ext_0: None };
}

/// The value of RISCV_HWPROBE_KEY_IMA_EXT_0 that holds for every CPU of the machine; `None` if the
/// operating system does not know the call or the key.
#[cfg(target_os = "linux")]
fn ima_ext_0() -> Option<u64> {
    const RISCV_HWPROBE: usize = 258;
    const KEY_IMA_EXT_0: i64 = 4;
    const UNKNOWN_KEY: i64 = -1;

    #[repr(C)]
    struct Pair {
        key: i64,
        value: u64,
    }

    let mut pair = Pair {
        key: KEY_IMA_EXT_0,
        value: 0,
    };
    let answer: isize;
    // SAFETY: the arguments name one pair, which is ours and may hold any bits, and no set of CPUs,
    // which stands for all of them. Linux keeps every register but a0.
    unsafe {
        core::arch::asm!(
            "ecall",
            in("a7") RISCV_HWPROBE,
            inlateout("a0") &raw mut pair => answer,
            in("a1") 1_usize,
            in("a2") 0_usize,
            in("a3") 0_usize,
            in("a4") 0_usize,
            options(nostack),
        );
    }
    (answer == 0 && pair.key != UNKNOWN_KEY).then_some(pair.value)
}
