//! A `combine` that treats the length of the second part, or the order of the parts, wrongly.

use crate::call::Call;
use crate::hypothesis::Hypothesis;
use crate::reference::Reference;
use crcheck_oracle::advance::Advance;
use crcheck_oracle::model::Model;
use std::fmt;

/// What `combine` does instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Combine {
    /// The length modulo 2^`bits`. 64 means all of it.
    pub bits: u32,
    /// Whether the result is the checksum of the second part if that part is empty.
    pub forgets_first: bool,
    /// Whether the second part comes first.
    pub swaps: bool,
}

pub(crate) fn candidates() -> impl Iterator<Item = Combine> {
    let truncating = (0..64).map(|bits| Combine {
        bits,
        forgets_first: false,
        swaps: false,
    });
    let forgetful = Combine {
        bits: 64,
        forgets_first: true,
        swaps: false,
    };
    let swapping = Combine {
        bits: 64,
        forgets_first: false,
        swaps: true,
    };
    truncating.chain([forgetful, swapping])
}

impl Combine {
    /// The checksum for the checksums `a` and `b` of two parts, the second of `len_b` bytes.
    pub(crate) fn predict_sum(&self, model: &Model, [a, b]: [u64; 2], len_b: u64) -> u64 {
        if self.forgets_first && len_b == 0 {
            return b;
        }
        let len_b = len_b & u64::MAX.checked_shr(64 - self.bits).unwrap_or(0);
        let (first, second) = if self.swaps { (b, a) } else { (a, b) };
        Advance::new(model, len_b).combine(first, second)
    }
}

impl Hypothesis for Combine {
    /// Calls are right.
    fn predict(&self, _reference: &Reference, _call: &Call, expected: u64) -> u64 {
        expected
    }
}

impl fmt::Display for Combine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.forgets_first {
            f.write_str("forgets the first part when it combines with nothing")
        } else if self.swaps {
            f.write_str("takes the second part for the first when it combines")
        } else {
            write!(
                f,
                "takes the length modulo 2^{} when it combines",
                self.bits
            )
        }
    }
}
