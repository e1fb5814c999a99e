//! How a kernel folds.
//!
//! A fold keeps the message so far in lanes of 128 bits, `stride` bytes together. At each step it
//! moves each lane by d = 8 stride bits to the next bytes. Each half of a lane has its constant:
//!
//! ```text
//! lane = A1 x^64 + A0:    A1 x^(d+64) + A0 x^d  (mod P),  plus the lane of the next bytes
//! ```
//!
//! The lanes are not reduced, so the answer of a wrong fold depends on the form of the constants: a
//! kernel writes them as a remainder of 32 bits times x^p, with a p of its own.

use crate::call::Call;
use crate::reference::Reference;
use crcheck_oracle::model::Model;
use std::fmt;

/// One half of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// The first eight bytes.
    First,
    /// The last eight bytes.
    Last,
}

/// The steps of kernels in bytes.
pub(crate) const STRIDES: [usize; 5] = [16, 32, 64, 128, 256];

/// The p of kernels: those of reflected 64-bit products, and 0 for constants as they are.
pub(crate) const SHIFTS: [u32; 3] = [33, 0, 32];

/// Whether the form of the constants is known for a model.
pub(crate) fn can_fold(model: &Model) -> bool {
    model.width == 32 && model.refin && model.refout
}

/// The exponents of the remainders that make the constants of the first and the last half.
pub(crate) fn exponents(stride: usize, shift: u32) -> [i64; 2] {
    let bits = 8 * stride as i64 - i64::from(shift);
    [bits + 64, bits]
}

/// The checksum of a message by a fold that moves each lane by `fold`. `None` if the message has no
/// whole stride.
pub(crate) fn checksum_by_folds(
    reference: &Reference,
    call: &Call,
    stride: usize,
    fold: impl Fn(u128) -> u128,
) -> Option<u64> {
    let model = &reference.model;
    let mut blocks = call.message.chunks_exact(stride);
    let tail = blocks.remainder();
    let first = blocks.next()?;
    let mut lanes: Vec<u128> = first.chunks_exact(16).map(lane).collect();
    // The register enters by XOR into the first bytes, which have the highest powers.
    let register = model.register_of(call.checksum) as u32;
    lanes[0] ^= u128::from(register.reverse_bits()) << 96;
    for block in blocks {
        for (kept, next) in lanes.iter_mut().zip(block.chunks_exact(16)) {
            *kept = fold(*kept) ^ lane(next);
        }
    }
    let bytes: Vec<u8> = lanes
        .iter()
        .flat_map(|lane| lane.reverse_bits().to_le_bytes())
        .collect();
    let checksum = reference.update(model.checksum_of(0), &bytes);
    Some(reference.update(checksum, tail))
}

/// Sixteen bytes as a polynomial. The lowest bit of the first byte has the highest power.
fn lane(bytes: &[u8]) -> u128 {
    let word = bytes
        .iter()
        .rev()
        .fold(0, |word, &byte| word << 8 | u128::from(byte));
    word.reverse_bits()
}

/// The product of two polynomials of degrees below 64 and 65.
pub(crate) fn multiply(a: u64, b: u128) -> u128 {
    (0..65)
        .filter(|bit| b >> bit & 1 == 1)
        .fold(0, |sum, bit| sum ^ u128::from(a) << bit)
}

impl fmt::Display for Half {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::First => "first",
            Self::Last => "last",
        })
    }
}
