//! A wrong constant in a fold.
//!
//! A wrong constant counts again at every step, so the weight of a byte depends on its block.

use crate::algebra::Ring;
use crate::call::Call;
use crate::experiment::Experiment;
use crate::folding::{Half, SHIFTS, STRIDES, can_fold, checksum_by_folds, exponents, multiply};
use crate::hypothesis::Hypothesis;
use crate::number_list::hex;
use crate::reference::Reference;
use std::fmt;

/// A fold with one wrong constant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fold {
    /// The bytes of a step.
    pub stride: usize,
    /// The half of each lane whose constant is wrong.
    pub half: Half,
    /// The wrong constant divided by the right one, as a polynomial. 0 if the half is lost.
    pub factor: u64,
    /// The n with factor = x^n, if |n| is small.
    pub exponent: Option<i64>,
    /// The p of the constants.
    shift: u32,
}

pub(crate) fn candidates(experiment: &mut Experiment<'_>) -> Vec<Fold> {
    let model = experiment.reference.model.clone();
    if !can_fold(&model) {
        return Vec::new();
    }
    let ring = Ring::of(&model);
    let mut candidates = Vec::new();
    for stride in STRIDES {
        let Some((half, factor)) = wrong_constant(experiment, &ring, stride) else {
            continue;
        };
        let exponent = ring.logarithm(factor);
        candidates.extend(SHIFTS.map(|shift| Fold {
            stride,
            half,
            factor,
            exponent,
            shift,
        }));
    }
    candidates
}

/// The half of the first block whose bytes have a wrong weight in a message of two blocks, and the
/// factor of all of them.
fn wrong_constant(
    experiment: &mut Experiment<'_>,
    ring: &Ring,
    stride: usize,
) -> Option<(Half, u64)> {
    let wrong = experiment.wrong_call_from(2 * stride)?;
    let base = experiment.draw_call(2 * stride, wrong.placement);
    let difference = experiment.measure_difference(&base)?;
    let mut found = None;
    for byte in 0..stride {
        let flipped = base.with_flipped_bit(byte, 0);
        let change = experiment.measure_difference(&flipped)? ^ difference;
        if change == 0 {
            continue;
        }
        let half = if byte % 16 < 8 {
            Half::First
        } else {
            Half::Last
        };
        let unweighed = ring.power(-ring.exponent(base.length(), byte, 0));
        let factor = 1 ^ ring.multiply(ring.turn(change), unweighed);
        if *found.get_or_insert((half, factor)) != (half, factor) {
            return None;
        }
    }
    found
}

impl Hypothesis for Fold {
    fn predict(&self, reference: &Reference, call: &Call, expected: u64) -> u64 {
        let [of_first, of_last] = self.constants(&Ring::of(&reference.model));
        let fold =
            |lane: u128| multiply((lane >> 64) as u64, of_first) ^ multiply(lane as u64, of_last);
        checksum_by_folds(reference, call, self.stride, fold).unwrap_or(expected)
    }
}

impl Fold {
    /// The constants of the first and the last half, one of them wrong.
    fn constants(&self, ring: &Ring) -> [u128; 2] {
        let wrong = |half: Half, constant: u64| {
            if half == self.half {
                ring.multiply(constant, self.factor)
            } else {
                constant
            }
        };
        let [of_first, of_last] = exponents(self.stride, self.shift).map(|bits| ring.power(bits));
        [wrong(Half::First, of_first), wrong(Half::Last, of_last)]
            .map(|constant| u128::from(constant) << self.shift)
    }
}

impl fmt::Display for Fold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let half = self.half;
        let stride = self.stride;
        if self.factor == 0 {
            return write!(
                f,
                "folds by {stride} bytes and leaves out the {half} half of each 16 bytes"
            );
        }
        write!(
            f,
            "folds by {stride} bytes with a wrong constant for the {half} half of each 16 bytes: \
             it is off by "
        )?;
        match self.exponent {
            Some(by) => write!(f, "x^{by}"),
            None => write!(f, "the factor {}", hex(f, self.factor)),
        }
    }
}
