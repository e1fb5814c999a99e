//! The core's clock: an addition that waits for the one before takes one cycle on every CPU.

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
    for _ in 0..COUNT / 256 {
        // SAFETY: additions to a register that is declared.
        unsafe {
            std::arch::asm!(
                ".rept 256",
                "add {0}, 1",
                ".endr",
                inout(reg) 0_u64 => _,
                options(nomem, nostack)
            );
        }
    }
}
