//! The clock of the core, and the counter that ticks beside it.
//!
//! An addition that waits for the one before takes one cycle on every CPU,
//! if the summand is no constant: some CPUs add constants up in advance.

use crcheck_platform::ticks;
use std::time::{Duration, Instant};

/// The additions of one call.
pub(super) const COUNT: u64 = 256 * 1024;

/// The work; `None` where the compiler cannot be kept from doing it in advance.
pub(super) fn additions() -> Option<fn()> {
    #[cfg(target_arch = "x86_64")]
    return Some(add_in_chain);
    #[cfg(not(target_arch = "x86_64"))]
    None
}

/// The ticks of the CPU's counter in a nanosecond; `None` where there is none.
pub(super) fn ticks_per_ns() -> Option<f64> {
    /// Long against a reading of the clock.
    const TIME: Duration = Duration::from_millis(5);
    let start = Instant::now();
    let first = ticks::now()?;
    loop {
        let last = ticks::now()?;
        let time = start.elapsed();
        if time >= TIME {
            return Some(last.saturating_sub(first) as f64 / time.as_nanos() as f64);
        }
    }
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
