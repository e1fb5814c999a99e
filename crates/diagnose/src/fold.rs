//! A wrong constant in a fold.
//!
//! A fold keeps the last `stride` bytes that it has seen as lanes of 128 bits and moves each lane by d = 8
//! stride bits to meet the next ones, its two halves by a constant of their own:
//!
//! ```text
//! lane = A1 x^64 + A0:    A1 x^(d+64) + A0 x^d  (mod P),  added to the lane that is there
//! ```
//!
//! A wrong constant counts at every step again, so no byte has the weight of another. What is kept is
//! not reduced, so what becomes of a half depends on how the constants are written: as a remainder of 32
//! bits times x^p, with the p of the kernel.

use super::algebra::Ring;
use super::effect::Effect;
use super::laboratory::{Call, Laboratory, Reference};
use std::fmt;

/// A fold with one wrong constant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fold {
    /// By how many bytes it folds.
    pub stride: usize,
    /// Which constant: that of the first eight bytes of each lane, or of the last.
    pub half: Half,
    /// The factor by which the constant is wrong, as a polynomial; 0 if it was left out.
    pub factor: u64,
    /// How far the factor moves, if it is a small power of x.
    pub exponent: Option<i64>,
    /// The power of x that constants are written with.
    placed: u32,
}

/// One half of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// The first eight bytes.
    First,
    /// The last eight.
    Last,
}

const STRIDES: [usize; 5] = [16, 32, 64, 128, 256];

/// As it is; and as reflected 64-bit products are written.
const PLACED: [u32; 3] = [33, 0, 32];

pub(super) fn candidates(lab: &mut Laboratory<'_>) -> Vec<Effect> {
    let model = lab.reference.model.clone();
    if !(model.width == 32 && model.refin && model.refout) {
        return Vec::new();
    }
    let ring = Ring::of(&model);
    let mut effects = Vec::new();
    for stride in STRIDES {
        let Some((half, factor)) = constant(lab, &ring, stride) else {
            continue;
        };
        let exponent = ring.logarithm(factor);
        effects.extend(PLACED.map(|placed| {
            Effect::Fold(Fold {
                stride,
                half,
                factor,
                exponent,
                placed,
            })
        }));
    }
    effects
}

/// The half of the first block whose bytes have a wrong weight in a message of two blocks, and the
/// factor that they have in common.
fn constant(lab: &mut Laboratory<'_>, ring: &Ring, stride: usize) -> Option<(Half, u64)> {
    let template = lab.wrong_from(2 * stride)?;
    let base = lab.random(2 * stride, template.placement);
    let difference = lab.difference(&base)?;
    let mut found = None;
    for byte in 0..stride {
        let change = lab.difference(&base.flipped(byte, 0))? ^ difference;
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

impl Fold {
    pub(super) fn predict(&self, reference: &Reference, call: &Call) -> u64 {
        let model = &reference.model;
        let mut blocks = call.message.chunks_exact(self.stride);
        let tail = blocks.remainder();
        let Some(first) = blocks.next() else {
            return reference.answer(call);
        };
        let mut lanes: Vec<u128> = first.chunks_exact(16).map(lane).collect();
        // The register enters by XOR into the first bytes, which stand highest.
        let register = model.register_of(call.checksum) as u32;
        lanes[0] ^= u128::from(register.reverse_bits()) << 96;
        let ring = Ring::of(model);
        let [of_first, of_last] = self.constants(&ring);
        for block in blocks {
            for (kept, next) in lanes.iter_mut().zip(block.chunks_exact(16)) {
                let moved =
                    multiply((*kept >> 64) as u64, of_first) ^ multiply(*kept as u64, of_last);
                *kept = moved ^ lane(next);
            }
        }
        let bytes: Vec<u8> = lanes
            .iter()
            .flat_map(|lane| lane.reverse_bits().to_le_bytes())
            .collect();
        let checksum = reference.right(model.checksum_of(0), &bytes);
        reference.right(checksum, tail)
    }

    fn constants(&self, ring: &Ring) -> [u128; 2] {
        let bits = 8 * self.stride as i64 - i64::from(self.placed);
        let wrong = |half: Half, constant: u64| {
            if half == self.half {
                ring.multiply(constant, self.factor)
            } else {
                constant
            }
        };
        [
            wrong(Half::First, ring.power(bits + 64)).into(),
            wrong(Half::Last, ring.power(bits)).into(),
        ]
        .map(|constant: u128| constant << self.placed)
    }
}

/// Sixteen bytes as a polynomial: the first bit that is read, the lowest of its byte, stands highest.
fn lane(bytes: &[u8]) -> u128 {
    let word = bytes
        .iter()
        .rev()
        .fold(0, |word, &byte| word << 8 | u128::from(byte));
    word.reverse_bits()
}

/// The product of two polynomials, of degrees below 64 and 65.
fn multiply(a: u64, b: u128) -> u128 {
    (0..65)
        .filter(|bit| b >> bit & 1 == 1)
        .fold(0, |sum, bit| sum ^ u128::from(a) << bit)
}

impl fmt::Display for Fold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let half = match self.half {
            Half::First => "first",
            Half::Last => "last",
        };
        let stride = self.stride;
        if self.factor == 0 {
            return write!(
                f,
                "folds by {stride} bytes and leaves out the {half} half of each 16 bytes"
            );
        }
        write!(
            f,
            "folds by {stride} bytes with a wrong constant for the {half} half of each 16 bytes: it is off by "
        )?;
        match self.exponent {
            Some(by) => write!(f, "x^{by}"),
            None => write!(f, "the factor {:#010x}", self.factor),
        }
    }
}
