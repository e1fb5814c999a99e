//! Combinations over lengths that no message has.

use crate::case::Case;
use crcheck_oracle::advance::Advance;
use crcheck_oracle::model::Model;
use crcheck_platform::rng::SplitMix64;
use crcheck_subject::CombineLengths;

/// A combination over a length that no message has. It is drawn from a case, so a case always has
/// the same one.
pub struct FarCombination {
    /// The checksums of three parts: the first, one of the far length, and one of [`LEN_C`] bytes.
    pub sums: [u64; 3],
    /// The length of the second part in bytes, a negative one in two's complement.
    pub len_b: u64,
    /// The checksum of the first two parts combined; `None` if the length is negative.
    pub expected: Option<u64>,
}

/// The length, in bytes, of the part that shows whether combining is associative.
pub const LEN_C: u64 = 77;

impl FarCombination {
    /// The combination of a case, over one of `lengths`. A message of eight bytes is the far length
    /// itself, lowest byte first; for any other message the length is drawn. Of a length that is
    /// not one of them the lowest bits count.
    pub fn of(case: &Case, model: &Model, lengths: CombineLengths) -> Self {
        let label = case.message.len() as u64;
        let mut rng = SplitMix64::labelled(case.register, label);
        let len_b = match <[u8; 8]>::try_from(case.message.as_slice()) {
            Ok(length) => u64::from_le_bytes(length),
            Err(_) => {
                let power = 1_u64 << rng.below(64);
                match rng.below(3) {
                    0 => 0,
                    1 => (power - 1).wrapping_add(rng.below(3)),
                    _ => rng.next_u64() >> rng.below(64),
                }
            }
        };
        let is_negative = lengths.has_negative(len_b) && case.message.len() == 8;
        let len_b = if is_negative {
            len_b
        } else {
            len_b & lengths.max
        };
        let [a, b, c] = [(); 3].map(|()| rng.next_u64() & model.mask());
        // Only the initial checksum goes with a length of 0.
        let b = if len_b == 0 {
            model.initial_checksum()
        } else {
            b
        };
        Self {
            sums: [a, b, c],
            len_b,
            expected: (!is_negative).then(|| Advance::new(model, len_b).combine(a, b)),
        }
    }
}
