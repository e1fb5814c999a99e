//! What has become slower, and whether that is more than noise.
//!
//! Two runs are compared by each contender's time as a multiple of a reference's in the same round: a
//! faster or slower day is in both. A run has a value for each of its blocks. Its *range* is that of
//! the middle half of the values, so that a block in which the machine did something else decides
//! nothing. A contender is slower only if
//!
//! * the range of this run lies above that of the base, and
//! * the gap between them is wider than the wider of the two ranges, and than the tolerance.
//!
//! The ranges are the noise that was measured: they hold what fresh memory, random lengths and the
//! rest of the machine did to the figures. The tolerance stands for what blocks of one process cannot
//! show, such as where the linker put the loops.
//!
//! For blocks that vary normally with deviation s the medians must be 2.7 s apart, where the difference
//! of the medians of two runs of eight blocks that are the same has a deviation of 0.6 s.

use crate::statistics::median;
use serde::{Deserialize, Serialize};

/// The least change that is told, as a part of the base, unless the user gives another.
pub const TOLERANCE: f64 = 0.05;

/// How one figure has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// By more than the noise, to more time.
    Slower,
    /// By more than the noise, to less time.
    Faster,
    /// Not by more than the noise.
    Same,
    /// There are too few blocks to know the noise.
    Unknown,
}

/// A figure then and now.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The median now, as a multiple of that of the base: above 1 is slower.
    pub factor: f64,
    /// The part by which it may differ without meaning anything, if that is known.
    pub noise: Option<f64>,
    /// What follows.
    pub verdict: Verdict,
}

/// Blocks without which the noise is not known.
const BLOCKS_MIN: usize = 3;

/// Judges the values of two runs, one for each block.
pub fn judge(base: &[f64], now: &[f64], tolerance: f64) -> Change {
    let factor = median(now) / median(base);
    if base.len().min(now.len()) < BLOCKS_MIN {
        return Change {
            factor,
            noise: None,
            verdict: Verdict::Unknown,
        };
    }
    let (base, now) = (Range::of(base), Range::of(now));
    let noise = base.width().max(now.width()).max(tolerance);
    let verdict = if now.low > base.high * (1.0 + noise) {
        Verdict::Slower
    } else if base.low > now.high * (1.0 + noise) {
        Verdict::Faster
    } else {
        Verdict::Same
    };
    Change {
        factor,
        noise: Some(noise),
        verdict,
    }
}

/// The middle half of some values: a quarter of them is left out on each side, rounded down.
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
    fn what_is_the_same_is_the_same() {
        assert_eq!(judge(&CALM, &CALM, TOLERANCE).verdict, Verdict::Same);
        assert_eq!(
            judge(&CALM, &scaled(1.04), TOLERANCE).verdict,
            Verdict::Same
        );
    }

    #[test]
    fn a_change_beyond_the_noise_has_a_direction() {
        let slower = judge(&CALM, &scaled(1.15), TOLERANCE);
        assert_eq!(slower.verdict, Verdict::Slower);
        assert!((slower.factor - 1.15).abs() < 1e-9 && slower.noise == Some(TOLERANCE));
        assert_eq!(
            judge(&CALM, &scaled(0.85), TOLERANCE).verdict,
            Verdict::Faster
        );
        assert_eq!(judge(&CALM, &scaled(1.15), 0.5).verdict, Verdict::Same);
    }

    #[test]
    fn the_same_change_within_the_noise_has_none() {
        let noisy = [1.0, 1.2, 0.9, 1.1, 0.9];
        assert_eq!(
            judge(&noisy, &scaled(1.15), TOLERANCE).verdict,
            Verdict::Same
        );
        assert_eq!(
            judge(&CALM, &noisy.map(|value| value * 1.15), 0.0).verdict,
            Verdict::Same
        );
    }

    #[test]
    fn one_disturbed_block_decides_nothing() {
        let disturbed = [1.00, 1.01, 9.99, 1.00, 1.02];
        let verdict = |base: &[f64], now: &[f64]| judge(base, now, TOLERANCE).verdict;
        assert_eq!(verdict(&CALM, &disturbed), Verdict::Same);
        assert_eq!(verdict(&disturbed, &scaled(1.15)), Verdict::Slower);
        // Two are a part of what the machine does.
        let twice = [1.00, 1.31, 1.30, 1.00, 1.02];
        assert_eq!(verdict(&twice, &scaled(1.15)), Verdict::Same);
        assert_eq!(verdict(&CALM, &[1.3, 1.0, 1.3, 1.0, 1.3]), Verdict::Same);
    }

    #[test]
    fn too_few_blocks_say_nothing() {
        let change = judge(&CALM[..2], &scaled(3.0), TOLERANCE);
        assert_eq!(change.verdict, Verdict::Unknown);
        assert_eq!(judge(&CALM, &[], TOLERANCE).verdict, Verdict::Unknown);
    }
}
