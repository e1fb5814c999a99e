//! Comparison of two runs: which contender has become slower by more than the noise.
//!
//! Two runs are compared by each contender's time as a multiple of a reference's in the same round:
//! a faster or slower machine changes both. A run has one such value for each block. Its *range* is
//! that of the middle half of the values, so that an interrupted block decides nothing. A contender
//! is slower only if
//!
//! * the range of this run lies above that of the base, and
//! * the gap between them is wider than the wider of the two ranges, and than the tolerance.
//!
//! The ranges are the measured noise: the effects of fresh memory, of random lengths and of other
//! load on the machine. The tolerance stands for effects that blocks of one process do not show,
//! such as where the linker put the loops.
//!
//! If blocks vary normally with standard deviation s, the medians must be 2.7 s apart. The
//! difference of the medians of two equal runs of eight blocks has a standard deviation of 0.6 s.

use crate::statistics::median;
use serde::{Deserialize, Serialize};

/// The least change that counts, as a part of the base, unless the user gives another.
pub const TOLERANCE: f64 = 0.05;

/// How a figure has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trend {
    /// It takes more time, by more than the noise.
    Slower,
    /// It takes less time, by more than the noise.
    Faster,
    /// The difference is within the noise.
    Same,
    /// There are too few blocks to know the noise.
    Unknown,
}

/// A figure of this run against that of the base.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The median of this run, as a multiple of that of the base: above 1 is slower.
    pub factor: f64,
    /// The part of the base by which noise changes the figure; `None` if there are too few blocks.
    pub noise: Option<f64>,
    /// What follows from both.
    #[serde(rename = "verdict")]
    pub trend: Trend,
}

/// With fewer blocks the noise is not known.
const BLOCKS_MIN: usize = 3;

/// Compares the values of two runs, one value for each block.
pub fn compare(base: &[f64], now: &[f64], tolerance: f64) -> Change {
    let factor = median(now) / median(base);
    if base.len().min(now.len()) < BLOCKS_MIN {
        return Change {
            factor,
            noise: None,
            trend: Trend::Unknown,
        };
    }
    let (base, now) = (Range::of(base), Range::of(now));
    let noise = base.width().max(now.width()).max(tolerance);
    let trend = if now.low > base.high * (1.0 + noise) {
        Trend::Slower
    } else if base.low > now.high * (1.0 + noise) {
        Trend::Faster
    } else {
        Trend::Same
    };
    Change {
        factor,
        noise: Some(noise),
        trend,
    }
}

/// The middle half of some values, without a quarter of them on each side, rounded down.
struct Range {
    low: f64,
    high: f64,
}

impl Range {
    fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let out = sorted.len() / 4;
        Self {
            low: sorted[out],
            high: sorted[sorted.len() - 1 - out],
        }
    }

    fn width(&self) -> f64 {
        self.high / self.low - 1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALM: [f64; 5] = [1.00, 1.01, 0.99, 1.00, 1.02];

    fn scaled(by: f64) -> [f64; 5] {
        CALM.map(|value| value * by)
    }

    #[test]
    fn equal_runs_are_the_same() {
        assert_eq!(compare(&CALM, &CALM, TOLERANCE).trend, Trend::Same);
        assert_eq!(compare(&CALM, &scaled(1.04), TOLERANCE).trend, Trend::Same);
    }

    #[test]
    fn a_change_beyond_the_noise_has_a_direction() {
        let slower = compare(&CALM, &scaled(1.15), TOLERANCE);
        assert_eq!(slower.trend, Trend::Slower);
        assert!((slower.factor - 1.15).abs() < 1e-9 && slower.noise == Some(TOLERANCE));
        assert_eq!(
            compare(&CALM, &scaled(0.85), TOLERANCE).trend,
            Trend::Faster
        );
        assert_eq!(compare(&CALM, &scaled(1.15), 0.5).trend, Trend::Same);
    }

    #[test]
    fn the_same_change_within_the_noise_has_none() {
        let noisy = [1.0, 1.2, 0.9, 1.1, 0.9];
        assert_eq!(compare(&noisy, &scaled(1.15), TOLERANCE).trend, Trend::Same);
        assert_eq!(
            compare(&CALM, &noisy.map(|value| value * 1.15), 0.0).trend,
            Trend::Same
        );
    }

    #[test]
    fn one_disturbed_block_decides_nothing() {
        let disturbed = [1.00, 1.01, 9.99, 1.00, 1.02];
        let trend = |base: &[f64], now: &[f64]| compare(base, now, TOLERANCE).trend;
        assert_eq!(trend(&CALM, &disturbed), Trend::Same);
        assert_eq!(trend(&disturbed, &scaled(1.15)), Trend::Slower);
        // Two disturbed blocks count as noise.
        let twice = [1.00, 1.31, 1.30, 1.00, 1.02];
        assert_eq!(trend(&twice, &scaled(1.15)), Trend::Same);
        assert_eq!(trend(&CALM, &[1.3, 1.0, 1.3, 1.0, 1.3]), Trend::Same);
    }

    #[test]
    fn too_few_blocks_say_nothing() {
        let change = compare(&CALM[..2], &scaled(3.0), TOLERANCE);
        assert_eq!(change.trend, Trend::Unknown);
        assert_eq!(compare(&CALM, &[], TOLERANCE).trend, Trend::Unknown);
    }
}
