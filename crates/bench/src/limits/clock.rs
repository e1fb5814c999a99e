//! The clock of the core. An addition that waits for the one before takes one cycle on every CPU,
//! if the summand is no constant: some CPUs add constants up in advance.

/// The additions of one call.
pub(super) const COUNT: u64 = 256 * 1024;

/// The work; `None` where the compiler cannot be kept from doing it in advance.
pub(super) fn additions() -> Option<fn()> {
    #[cfg(target_arch = "x86_64")]
    return Some(add_in_chain);
    #[cfg(not(target_arch = "x86_64"))]
    None
}

#[cfg(target_arch = "x86_64")]
fn add_in_chain() {
    // The sum goes from block to block, or the CPU would run blocks side by side.
    let mut sum = 0_u64;
    for _ in 0..COUNT / 256 {
        // SAFETY: the assembly adds to the register that it declares, and does nothing else.
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
