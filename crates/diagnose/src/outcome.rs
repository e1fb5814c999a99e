//! The result, changed after it was right.

use super::effect::Effect;
use super::laboratory::{Call, Laboratory, Reference};
use super::register::{bits, bytes_reversed};
use std::fmt;

/// What becomes of the right checksum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its bytes are in reverse order.
    BytesReversed,
    /// Its bits are in reverse order.
    BitsReversed,
    /// It is XORed with this.
    Xor(u64),
    /// Only these bits of it are left.
    Masked(u64),
    /// These bits of it are set.
    Set(u64),
    /// It is rotated to the left by so many bits.
    Rotated(u32),
    /// It is always this.
    Constant(u64),
    /// It is the checksum that the call was given.
    Given,
}

pub(super) fn candidates(lab: &mut Laboratory<'_>) -> Vec<Effect> {
    let model = &lab.reference.model;
    let mask = model.mask();
    let wrong = lab.wrong();
    let Some(first) = wrong.first() else {
        return Vec::new();
    };
    // What is lost is never there; what is set always is.
    let (kept, set) = wrong.iter().fold((0, mask), |(kept, set), seen| {
        (kept | seen.got, set & seen.got)
    });
    let mut outcomes = vec![
        Outcome::Given,
        Outcome::Constant(first.got),
        Outcome::BytesReversed,
        Outcome::BitsReversed,
        Outcome::Masked(kept),
        Outcome::Set(set),
    ];
    // What is missing at the end of an algorithm is told as that.
    let word = first.got ^ first.right;
    outcomes.extend((word != model.xorout).then_some(Outcome::Xor(word)));
    outcomes.extend((1..u32::from(model.width)).map(Outcome::Rotated));
    outcomes.into_iter().map(Effect::Outcome).collect()
}

impl Outcome {
    pub(super) fn predict(&self, reference: &Reference, call: &Call, right: u64) -> u64 {
        let model = &reference.model;
        match *self {
            Self::BytesReversed => bytes_reversed(right, model.width),
            Self::BitsReversed => model.reflect(right),
            Self::Xor(word) => right ^ word,
            Self::Masked(kept) => right & kept,
            Self::Set(set) => right | set,
            Self::Rotated(by) => {
                ((right << by) | (right >> (u32::from(model.width) - by))) & model.mask()
            }
            Self::Constant(word) => word,
            Self::Given => call.checksum,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BytesReversed => f.write_str("gives its result with the bytes in reverse order"),
            Self::BitsReversed => f.write_str("gives its result with the bits in reverse order"),
            Self::Xor(word) => write!(f, "gives its result XORed with {word:#010x}"),
            Self::Masked(kept) => write!(f, "gives only {} of its result", bits(*kept)),
            Self::Set(set) => write!(f, "gives its result with {} set", bits(*set)),
            Self::Rotated(by) => write!(f, "gives its result rotated to the left by {by} bits"),
            Self::Constant(word) => write!(f, "gives {word:#010x} whatever it is given"),
            Self::Given => f.write_str("reads no byte and gives the checksum that it was given"),
        }
    }
}
