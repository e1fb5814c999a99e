//! The clock of the core, and the counter that ticks beside it.
//!
//! An addition that waits for the one before takes one cycle on every CPU,
//! if the summand is no constant: some CPUs add constants up in advance.

use crate::statistics::median;
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
    const PAUSE: Duration = Duration::from_millis(5);
    /// A wrong one spoils 7 of the 28 pairs.
    const READINGS: u32 = 8;
    let start = Instant::now();
    let readings = (0..READINGS).map(|index| {
        while start.elapsed() < PAUSE * index {
            std::hint::spin_loop();
        }
        Reading::take(start)
    });
    readings.collect::<Option<Vec<_>>>().map(|all| slope(&all))
}

/// The clock and the counter at one moment.
#[derive(Clone, Copy, Debug)]
struct Reading {
    /// The clock, in nanoseconds.
    ns: f64,
    /// The counter, just before the clock.
    before: u64,
    /// The counter, just after the clock.
    after: u64,
}

impl Reading {
    /// The tightest of several: the system may run something else between clock and counter, but
    /// seldom each time. `None` where there is no counter.
    fn take(start: Instant) -> Option<Self> {
        const TRIES: usize = 16;
        let readings = (0..TRIES).map(|_| {
            let before = ticks::now()?;
            let ns = start.elapsed().as_nanos() as f64;
            let after = ticks::now()?;
            Some(Self { ns, before, after })
        });
        tightest(&readings.collect::<Option<Vec<_>>>()?)
    }

    /// How long the clock took to read, in ticks.
    fn width(&self) -> u64 {
        self.after.saturating_sub(self.before)
    }

    /// The counter when the clock was read, as well as the two counts tell.
    fn ticks(&self) -> f64 {
        self.before as f64 + self.width() as f64 / 2.0
    }
}

fn tightest(readings: &[Reading]) -> Option<Reading> {
    readings.iter().copied().min_by_key(Reading::width)
}

/// The ticks in a nanosecond: the median over all pairs of readings (the estimator of Theil and
/// Sen), which a few wrong readings do not change.
fn slope(readings: &[Reading]) -> f64 {
    let pairs = readings.iter().enumerate().flat_map(|(index, first)| {
        let later = readings[index + 1..].iter();
        later.map(move |last| (last.ticks() - first.ticks()) / (last.ns - first.ns))
    });
    median(&pairs.collect::<Vec<f64>>())
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The ticks in a nanosecond of the planted readings.
    const RATE: f64 = 2.5;

    /// Readings 5 ms apart, each of which took 100 ticks.
    fn calm() -> Vec<Reading> {
        let reading = |index| {
            let ns = f64::from(index) * 5e6;
            let before = 1_000_000 + (ns * RATE) as u64;
            let after = before + 100;
            Reading { ns, before, after }
        };
        (0..8).map(reading).collect()
    }

    fn is_right(rate: f64) -> bool {
        (rate / RATE - 1.0).abs() < 1e-4
    }

    #[test]
    fn one_interrupted_reading_does_not_change_the_rate() {
        assert!(is_right(slope(&calm())));
        for index in 0..calm().len() {
            // 20 ms passed between the clock and the second count, or the first and the clock.
            let mut readings = calm();
            readings[index].after += 50_000_000;
            assert!(is_right(slope(&readings)), "after, {index}");
            let mut readings = calm();
            readings[index].ns += 20e6 + 1.0;
            assert!(is_right(slope(&readings)), "before, {index}");
        }
    }

    #[test]
    fn a_wrong_rate_of_most_readings_shows() {
        let mut readings = calm();
        for reading in &mut readings[1..] {
            reading.ns *= 2.0;
        }
        assert!(!is_right(slope(&readings)));
    }

    #[test]
    fn the_reading_with_the_closest_counts_is_kept() {
        let mut readings = calm();
        readings[0].after += 50_000_000;
        readings[5].after -= 60;
        let kept = tightest(&readings).expect("readings");
        assert_eq!((kept.before, kept.width()), (readings[5].before, 40));
        assert!(tightest(&[]).is_none());
    }

    #[test]
    fn the_counter_has_a_rate_where_there_is_one() {
        let rate = ticks_per_ns();
        assert_eq!(rate.is_some(), ticks::UNIT.is_some());
        assert!(rate.is_none_or(|rate| rate.is_finite() && rate > 0.0));
    }
}
