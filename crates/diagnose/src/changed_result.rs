//! A right checksum that changes before the subject returns it.

use crate::algebra::{extend_sign, reverse_bytes};
use crate::call::Call;
use crate::experiment::Experiment;
use crate::hypothesis::Hypothesis;
use crate::number_list::{bits, hex};
use crate::reference::Reference;
use std::fmt;

/// What the subject returns instead of the right checksum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangedResult {
    BytesReversed,
    BitsReversed,
    /// The XOR with this.
    Xor(u64),
    /// These bits of it, and 0 for the others.
    Masked(u64),
    /// It with these bits set.
    Set(u64),
    /// It after a rotation to the left by this many bits.
    Rotated(u32),
    /// Its bits below `from`, and copies of the highest of them up to bit `to`.
    SignExtended {
        from: u32,
        to: u32,
    },
    /// Always this.
    Constant(u64),
    /// The checksum before the message.
    Given,
}

pub(crate) fn candidates(experiment: &mut Experiment<'_>) -> Vec<ChangedResult> {
    let model = &experiment.reference.model;
    let wrong = experiment.wrong();
    let Some(first) = wrong.first() else {
        return Vec::new();
    };
    // A lost bit is 0 in every wrong answer, and a set bit is 1 in every one.
    let (kept, set) = wrong.iter().fold((0, u64::MAX), |(kept, set), seen| {
        (kept | seen.got, set & seen.got)
    });
    let mut candidates = vec![
        ChangedResult::Constant(first.got),
        ChangedResult::BytesReversed,
        ChangedResult::BitsReversed,
        ChangedResult::Masked(kept),
        ChangedResult::Set(set),
    ];
    if experiment.takes_checksum() {
        candidates.insert(0, ChangedResult::Given);
    }
    // A missing `xorout` is a change of the algorithm.
    let word = first.got ^ first.expected;
    candidates.extend((word != model.xorout).then_some(ChangedResult::Xor(word)));
    candidates.extend((1..u32::from(model.width)).map(ChangedResult::Rotated));
    candidates.extend(sign_extended(model.width.into(), kept));
    candidates
}

/// The results of signed types that become wider ones. `seen` has every bit that is ever set.
fn sign_extended(width: u32, seen: u64) -> impl Iterator<Item = ChangedResult> {
    let widths = [8, 16, 32, 64].into_iter();
    let to = match u64::BITS - seen.leading_zeros() {
        bits if bits <= width => width,
        bits => bits.next_power_of_two().max(8),
    };
    let from = widths.filter(move |&from| from < width).chain([width]);
    from.filter(move |&from| from < to)
        .map(move |from| ChangedResult::SignExtended { from, to })
}

impl Hypothesis for ChangedResult {
    fn predict(&self, reference: &Reference, call: &Call, expected: u64) -> u64 {
        let model = &reference.model;
        match *self {
            Self::BytesReversed => reverse_bytes(expected, model.width),
            Self::BitsReversed => model.reflect(expected),
            Self::Xor(word) => expected ^ word,
            Self::Masked(kept) => expected & kept,
            Self::Set(set) => expected | set,
            Self::Rotated(by) => {
                let back = u32::from(model.width) - by;
                ((expected << by) | (expected >> back)) & model.mask()
            }
            Self::SignExtended { from, to } => {
                extend_sign(expected, from) & (u64::MAX >> (64 - to))
            }
            Self::Constant(word) => word,
            Self::Given => call.checksum,
        }
    }
}

impl fmt::Display for ChangedResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BytesReversed => f.write_str("gives its result with the bytes in reverse order"),
            Self::BitsReversed => f.write_str("gives its result with the bits in reverse order"),
            Self::Xor(word) => write!(f, "gives its result XORed with {}", hex(f, *word)),
            Self::Masked(kept) => write!(f, "gives only {} of its result", bits(*kept)),
            Self::Set(set) => write!(f, "gives its result with {} set", bits(*set)),
            Self::Rotated(by) => {
                let bits = if *by == 1 { "bit" } else { "bits" };
                write!(f, "gives its result rotated to the left by {by} {bits}")
            }
            Self::SignExtended { from, to } => write!(
                f,
                "takes its result as signed: {} are copies of bit {}",
                bits(u64::MAX >> (64 - to) & (u64::MAX << from)),
                from - 1
            ),
            Self::Constant(word) => write!(f, "gives {} whatever it is given", hex(f, *word)),
            Self::Given => f.write_str("reads no byte and gives the checksum that it was given"),
        }
    }
}
