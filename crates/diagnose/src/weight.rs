//! Bytes with a wrong weight: a kernel moves their block too far or not far enough, loses it, or
//! removes it by a relation that does not hold.
//!
//! Bit i of a message of n bits has the weight x^(n - 1 - i + w) mod P. Flipping it may change the
//! result by that weight times a factor. If all bits of some bytes have the same factor, those
//! bytes have a wrong constant:
//!
//! ```text
//! got = expected + (factor - 1) * (sum over their bits of bit i * x^(n - 1 - i + w))
//! ```
//!
//! If a kernel moves bytes by a matrix of bits, each bit of a byte has its own factor.

use crate::algebra::Ring;
use crate::call::Call;
use crate::experiment::Experiment;
use crate::hypothesis::Hypothesis;
use crate::number_list::hex;
use crate::reference::Reference;
use crate::region::{self, Region, Runs};
use crcheck_oracle::model::Model;
use crcheck_platform::message_memory::Placement;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

/// Some bytes, and the factors of their bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weight {
    pub region: Region,
    /// The factor of each bit of a byte, as a polynomial. Its highest power is in the highest bit.
    /// 1 is right.
    pub factors: [u64; 8],
    /// The n with factor = x^n, if all bits have one factor and |n| is small.
    pub exponent: Option<i64>,
    /// Whether the factors are those of bytes with a sign: it flips the bits of the register above
    /// the byte.
    pub is_of_sign: bool,
    /// What else has the factor, if the first bytes have it.
    pub carried: Carried,
}

/// What has the factor besides the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carried {
    /// Nothing.
    Bytes,
    /// The register before the message.
    Register,
    /// The checksum after the bytes, that is, the register before the message and `xorout`.
    Checksum,
}

/// Up to this length every byte is measured.
const EVERY_BYTE_TO: usize = 2048;

/// In longer messages one byte of this many is measured.
const STEP_BYTES: usize = 16;

/// Measuring longer messages takes too long.
const LENGTH_MAX: usize = 1 << 17;

pub(crate) fn candidates(experiment: &mut Experiment<'_>) -> Vec<Weight> {
    let Some(base) = choose_base(experiment) else {
        return Vec::new();
    };
    let ring = Ring::of(&experiment.reference.model);
    let Some((runs, factors)) = measure_factors(experiment, &ring, &base) else {
        return Vec::new();
    };
    let exponent = common(&factors).and_then(|factor| ring.logarithm(factor));
    let is_of_sign = is_of_sign(&experiment.reference.model, &ring, &factors);
    let carried = [Carried::Bytes, Carried::Register, Carried::Checksum];
    let weight = |region: &Region, carried| Weight {
        region: region.clone(),
        factors,
        exponent,
        is_of_sign,
        carried,
    };
    // Only the first bytes have something before them.
    let carried = if runs[0].0 == 0 {
        &carried[..]
    } else {
        &carried[..1]
    };
    region::candidates(&runs, &base)
        .iter()
        .flat_map(|region| carried.iter().map(|&carried| weight(region, carried)))
        .collect()
}

/// A short wrong call, at an address that is a multiple of 64 if it is wrong there too.
fn choose_base(experiment: &mut Experiment<'_>) -> Option<Call> {
    let wrong = experiment.wrong_call_from(experiment.reference.register_bytes())?;
    if wrong.length() > LENGTH_MAX {
        return None;
    }
    let aligned = Call {
        placement: Placement::aligned(0),
        ..wrong.clone()
    };
    let is_wrong = experiment.observe_one(aligned.clone())?;
    Some(if is_wrong { aligned } else { wrong })
}

/// The bytes that have a wrong weight, and the factors of their bits. All of them have the same.
fn measure_factors(
    experiment: &mut Experiment<'_>,
    ring: &Ring,
    base: &Call,
) -> Option<(Runs, [u64; 8])> {
    let length = base.length();
    let step = if length <= EVERY_BYTE_TO {
        1
    } else {
        STEP_BYTES
    };
    let bit = affected_bit(experiment, base)?;
    let before = experiment.measure(base)?;
    let mut factor = |byte: usize, bit: u32| {
        let change = experiment.measure(&base.with_flipped_bit(byte, bit))? ^ before;
        let unweighed = ring.power(-ring.exponent(length, byte, bit));
        Some(ring.multiply(ring.turn(change), unweighed))
    };
    let mut common = None;
    let mut runs: Runs = Vec::new();
    for byte in (0..length).step_by(step) {
        let factor = factor(byte, bit)?;
        if factor == 1 {
            continue;
        }
        if *common.get_or_insert(factor) != factor {
            return None;
        }
        let end = (byte + step).min(length);
        match runs.last_mut() {
            Some((_, last)) if *last == byte => *last = end,
            _ => runs.push((byte, end)),
        }
    }
    let first = runs.first()?.0;
    let mut factors = [1; 8];
    for (bit, of_bit) in factors.iter_mut().enumerate() {
        *of_bit = factor(first, bit as u32)?;
    }
    Some((runs, factors))
}

/// The lowest bit of a byte that has a wrong weight somewhere. Flipping that bit in all bytes, or
/// in half of them, changes by how much the answer is wrong.
fn affected_bit(experiment: &mut Experiment<'_>, base: &Call) -> Option<u32> {
    let difference = experiment.measure_difference(base)?;
    for bit in 0..8 {
        for is_flipped_in_all in [true, false, false] {
            let mut call = base.clone();
            for byte in &mut call.message {
                let is_flipped = experiment.rng.next_u64() & 1 == 1 || is_flipped_in_all;
                *byte ^= u8::from(is_flipped) << bit;
            }
            if experiment.measure_difference(&call)? != difference {
                return Some(bit);
            }
        }
    }
    None
}

/// The factor of all bits of a byte, if they have one.
fn common(factors: &[u64; 8]) -> Option<u64> {
    factors
        .iter()
        .all(|factor| *factor == factors[0])
        .then_some(factors[0])
}

/// Whether only the highest bit of a byte has a wrong factor, that of its copies in the register
/// above the byte. The byte is in the lowest bits of the register: before the step of a reflected
/// loop, or after the step of a loop that reads `width` zero bits at the end.
fn is_of_sign(model: &Model, ring: &Ring, factors: &[u64; 8]) -> bool {
    let Some(above) = i64::from(model.width)
        .checked_sub(8)
        .filter(|&above| above > 0)
    else {
        return false;
    };
    let (copies, own) = if model.refin {
        (model.mask() >> 7, above)
    } else {
        (model.mask() & (u64::MAX << 7), 7)
    };
    let factor = ring.multiply(copies, ring.power(-own));
    *factors == [1, 1, 1, 1, 1, 1, 1, factor]
}

impl Weight {
    /// The factor of all bits of a byte, if they have one.
    pub fn factor(&self) -> Option<u64> {
        common(&self.factors)
    }

    fn is_one_byte(&self) -> bool {
        self.carried == Carried::Bytes && self.region.is_one_byte()
    }

    /// The part of the right answer that comes from the bits with this factor.
    fn share(
        &self,
        reference: &Reference,
        call: &Call,
        ranges: &[Range<usize>],
        factor: u64,
    ) -> u64 {
        let model = &reference.model;
        let bits = (0..8).filter(|&bit| self.factors[bit] == factor);
        let mask = bits.fold(0, |mask, bit| mask | 1_u8 << bit);
        let mut counted = vec![0; call.length()];
        for byte in ranges.iter().cloned().flatten() {
            counted[byte] = call.message[byte] & mask;
        }
        let has_first = ranges
            .first()
            .is_some_and(|range| range.start == 0 && range.end > 0);
        let register = if has_first && self.carried != Carried::Bytes {
            model.register_of(call.checksum)
        } else {
            0
        };
        let zero = model.checksum_of(0);
        let sum = |register: u64, message: &[u8]| {
            reference.update(model.checksum_of(register), message) ^ zero
        };
        let mut share = sum(register, &counted);
        if self.carried == Carried::Checksum {
            // The `xorout` of their checksum moves with these bytes.
            let end = ranges.last().map_or(0, |range| range.end);
            share ^= sum(model.xorout, &call.message[end..]) ^ sum(0, &call.message[end..]);
        }
        share
    }
}

impl Hypothesis for Weight {
    fn predict(&self, reference: &Reference, call: &Call, expected: u64) -> u64 {
        let ring = Ring::of(&reference.model);
        let ranges = self.region.ranges(call.length(), call.start());
        let wrong: BTreeSet<u64> = self.factors.iter().copied().filter(|&it| it != 1).collect();
        let sum = wrong.into_iter().fold(0, |sum, factor| {
            let share = self.share(reference, call, &ranges, factor);
            sum ^ ring.multiply(ring.turn(share), factor ^ 1)
        });
        expected ^ ring.turn(sum)
    }
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let region = &self.region;
        let with = match self.carried {
            Carried::Bytes => "",
            Carried::Register | Carried::Checksum => " and the register before them",
        };
        if self.is_of_sign {
            return write!(
                f,
                "takes {region} as signed: one of 0x80 or more flips the bits of the register \
                 above it too"
            );
        }
        let are = if self.is_one_byte() { "is" } else { "are" };
        match (self.factor(), self.exponent) {
            (Some(0), _) if self.is_one_byte() => {
                write!(f, "loses {region}: it counts as zero")
            }
            (Some(0), _) => write!(f, "loses {region}{with}: they count as zeros"),
            (_, Some(by)) => write!(
                f,
                "has a wrong weight: {region}{with} {are} multiplied by x^{by} too much"
            ),
            (Some(factor), None) => write!(
                f,
                "has a wrong weight: {region}{with} {are} multiplied by the polynomial \
                 {} too much",
                hex(f, factor)
            ),
            (None, None) => {
                f.write_str("has wrong weights:")?;
                let wrong = self.factors.iter().enumerate().filter(|(_, it)| **it != 1);
                for (index, (bit, factor)) in wrong.enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    let factor = hex(f, *factor);
                    write!(f, "{comma} bit {bit} by the polynomial {factor}")?;
                }
                write!(f, ", of {region}")
            }
        }
    }
}
