//! The counter of the CPU that ticks at a constant rate, whatever the core's clock is.

/// The name of the unit in reports; `None` on an architecture whose counter this module does not
/// read.
pub const UNIT: Option<&str> = if cfg!(target_arch = "x86_64") {
    Some("TSC ticks")
} else {
    None
};

/// The ticks since some moment in the past. What stands before this call is done when the counter
/// is read, and what stands behind it has not begun. `None` where there is no [`UNIT`].
#[inline]
pub fn now() -> Option<u64> {
    #[cfg(target_arch = "x86_64")]
    return Some(time_stamp_counter());
    #[cfg(not(target_arch = "x86_64"))]
    None
}

/// The reading between two fences keeps its place among the instructions around it (Intel SDM,
/// volume 2, RDTSC; AMD APM, volume 3, RDTSC).
#[cfg(target_arch = "x86_64")]
#[inline]
fn time_stamp_counter() -> u64 {
    use std::arch::x86_64::{_mm_lfence, _rdtsc};
    // SAFETY: every x86-64 CPU has both instructions. Linux lets programs read the counter unless
    // a program forbids it to itself by `prctl`, which this one does not.
    unsafe {
        _mm_lfence();
        let ticks = _rdtsc();
        _mm_lfence();
        ticks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counter_goes_on_where_there_is_one() {
        assert_eq!(now().is_some(), UNIT.is_some());
        // A thread that moves to another core may find its counter a little behind.
        let first = now();
        std::thread::sleep(std::time::Duration::from_millis(10));
        assert!(first.is_none() || now() > first);
    }
}
