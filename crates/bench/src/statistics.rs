//! Quantiles of samples.

/// The value below which `fraction` of the samples lie, interpolated between neighbours; NaN if
/// there are no samples.
pub fn quantile(samples: &[f64], fraction: f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let place = fraction.clamp(0.0, 1.0) * last as f64;
    let (below, above) = (
        sorted[place.floor() as usize],
        sorted[place.ceil() as usize],
    );
    below + (above - below) * place.fract()
}

/// The sample in the middle.
pub fn median(samples: &[f64]) -> f64 {
    quantile(samples, 0.5)
}

/// The smallest sample: other load on the machine can only add to it.
pub fn minimum(samples: &[f64]) -> f64 {
    quantile(samples, 0.0)
}

/// How far apart the samples are: the distance of their 10 % and 90 % quantiles, as a part of their
/// median.
pub fn spread(samples: &[f64]) -> f64 {
    (quantile(samples, 0.9) - quantile(samples, 0.1)) / median(samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_neighbours() {
        let samples = [4.0, 1.0, 3.0, 2.0];
        assert_eq!(median(&samples), 2.5);
        assert_eq!(minimum(&samples), 1.0);
        assert_eq!(quantile(&samples, 1.0), 4.0);
        assert_eq!(median(&[7.0]), 7.0);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn a_median_does_not_follow_one_interrupted_sample() {
        let calm = [
            10.0, 10.1, 9.9, 10.0, 10.0, 10.1, 9.9, 10.0, 10.0, 10.0, 10.0,
        ];
        let mut interrupted = calm;
        interrupted[3] = 5000.0;
        assert_eq!(median(&calm), median(&interrupted));
        assert!(spread(&interrupted) < 0.03);
        assert_eq!(spread(&[2.0, 2.0]), 0.0);
    }
}
