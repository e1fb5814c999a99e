//! The core's clock: an addition that waits for the one before takes one cycle on every CPU, if
//! what is added is no constant: some CPUs add those up in advance.

/// Additions of one call.
pub(crate) const COUNT: u64 = 256 * 1024;

/// The work, where it is known how to keep the compiler from doing it in advance.
pub(crate) fn additions() -> Option<fn()> {
    #[cfg(target_arch = "x86_64")]
    return Some(chain);
    #[cfg(not(target_arch = "x86_64"))]
    None
}

#[cfg(target_arch = "x86_64")]
fn chain() {
    // Carried on from block to block, or blocks would run side by side.
    let mut sum = 0_u64;
    for _ in 0..COUNT / 256 {
        // SAFETY: additions to a register that is declared.
        unsafe {
            std::arch::asm!(
                ".rept 256",
                "add {0}, {1}",
                ".endr",
                inout(reg) sum,
                in(reg) 1_u64,
                options(nomem, nostack)
            );
        }
    }
    std::hint::black_box(sum);
}
