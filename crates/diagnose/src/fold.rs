//! A wrong constant in a fold.
//!
//! A fold keeps the message so far in lanes of 128 bits, `stride` bytes together. At each step it
//! moves each lane by d = 8 stride bits to the next bytes. Each half of a lane has its constant:
//!
//! ```text
//! lane = A1 x^64 + A0:    A1 x^(d+64) + A0 x^d  (mod P),  plus the lane of the next bytes
//! ```
//!
//! A wrong constant counts again at every step, so the weight of a byte depends on its block. The
//! lanes are not reduced, so the answer depends on the form of the constants: a kernel writes them
//! as a remainder of 32 bits times x^p, with a p of its own.

use crate::algebra::Ring;
use crate::call::Call;
use crate::experiment::Experiment;
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

/// One half of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// The first eight bytes.
    First,
    /// The last eight bytes.
    Last,
}

const STRIDES: [usize; 5] = [16, 32, 64, 128, 256];

/// The p of kernels: those of reflected 64-bit products, and 0 for constants as they are.
const SHIFTS: [u32; 3] = [33, 0, 32];

pub(crate) fn candidates(experiment: &mut Experiment<'_>) -> Vec<Fold> {
    let model = experiment.reference.model.clone();
    if !(model.width == 32 && model.refin && model.refout) {
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
        let model = &reference.model;
        let mut blocks = call.message.chunks_exact(self.stride);
        let tail = blocks.remainder();
        let Some(first) = blocks.next() else {
            return expected;
        };
        let mut lanes: Vec<u128> = first.chunks_exact(16).map(lane).collect();
        // The register enters by XOR into the first bytes, which have the highest powers.
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
        let checksum = reference.update(model.checksum_of(0), &bytes);
        reference.update(checksum, tail)
    }
}

impl Fold {
    /// The constants of the first and the last half, one of them wrong.
    fn constants(&self, ring: &Ring) -> [u128; 2] {
        let bits = 8 * self.stride as i64 - i64::from(self.shift);
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
        .map(|constant: u128| constant << self.shift)
    }
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
            "folds by {stride} bytes with a wrong constant for the {half} half of each 16 bytes: \
             it is off by "
        )?;
        match self.exponent {
            Some(by) => write!(f, "x^{by}"),
            None => write!(f, "the factor {}", hex(f, self.factor)),
        }
    }
}
