//! A fold that takes a wrong half of each lane: the constants are right.

use crate::algebra::Ring;
use crate::call::Call;
use crate::experiment::Experiment;
use crate::folding::{Half, SHIFTS, STRIDES, can_fold, checksum_by_folds, exponents, multiply};
use crate::hypothesis::{Hypothesis, plausible};
use crate::reference::Reference;
use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongHalf {
    /// The bytes of a step.
    pub stride: usize,
    pub taken: TakenHalves,
    /// The p of the constants.
    shift: u32,
}

/// The halves that the two constants multiply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakenHalves {
    /// Both multiply this one.
    Both(Half),
    /// Each multiplies the half of the other.
    Crossed,
}

pub(crate) fn candidates(experiment: &mut Experiment<'_>) -> Vec<WrongHalf> {
    if !can_fold(&experiment.reference.model) {
        return Vec::new();
    }
    let candidates = STRIDES.into_iter().flat_map(|stride| {
        let taken = [Half::First, Half::Last].map(TakenHalves::Both);
        let taken = taken.into_iter().chain([TakenHalves::Crossed]);
        taken.flat_map(move |taken| {
            SHIFTS.map(|shift| WrongHalf {
                stride,
                taken,
                shift,
            })
        })
    });
    plausible(experiment, candidates)
}

impl Hypothesis for WrongHalf {
    fn predict(&self, reference: &Reference, call: &Call, expected: u64) -> u64 {
        let ring = Ring::of(&reference.model);
        let constant = |bits: i64| u128::from(ring.power(bits)) << self.shift;
        let [of_first, of_last] = exponents(self.stride, self.shift).map(constant);
        let fold = |lane: u128| {
            let (first, last) = ((lane >> 64) as u64, lane as u64);
            let (for_first, for_last) = match self.taken {
                TakenHalves::Both(Half::First) => (first, first),
                TakenHalves::Both(Half::Last) => (last, last),
                TakenHalves::Crossed => (last, first),
            };
            multiply(for_first, of_first) ^ multiply(for_last, of_last)
        };
        checksum_by_folds(reference, call, self.stride, fold).unwrap_or(expected)
    }
}

impl fmt::Display for WrongHalf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stride = self.stride;
        match self.taken {
            TakenHalves::Both(half) => write!(
                f,
                "folds by {stride} bytes and takes the {half} half of each 16 bytes for both"
            ),
            TakenHalves::Crossed => write!(
                f,
                "folds by {stride} bytes and takes the two halves of each 16 bytes for each other"
            ),
        }
    }
}
