//! Bytes that count by a wrong power of x: a block that is moved too far or not far enough, is lost,
//! or is removed by a relation that does not hold.
//!
//! Bit i of a message of n bits has the weight x^(n - 1 - i + w) mod P. Where flipping it changes the
//! result by another factor of that weight, and the factor is the same for all bits of some bytes,
//! those bytes have a wrong constant:
//!
//! ```text
//! got = right + (factor - 1) sum over their bits of bit x^(n - 1 - i + w)
//! ```

use super::algebra::Ring;
use super::effect::Effect;
use super::laboratory::{Call, Laboratory, Reference};
use std::fmt;

/// Some bytes, and the factor that they count by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weight {
    /// Which bytes.
    pub region: Region,
    /// The factor as a polynomial, its highest power in the highest bit: 1 is right.
    pub factor: u64,
    /// How far the factor moves, if it is a small power of x.
    pub exponent: Option<i64>,
    /// What else has the factor, if the first bytes have it.
    pub carried: Carried,
}

/// Bytes of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Region {
    /// From the first index on, `width` bytes.
    FromStart {
        /// The first byte.
        first: usize,
        /// How many.
        width: usize,
    },
    /// `width` bytes that end `last` bytes before the end.
    FromEnd {
        /// Bytes behind them.
        behind: usize,
        /// How many.
        width: usize,
    },
    /// All but some at both ends.
    Between {
        /// The first byte.
        first: usize,
        /// Bytes behind them.
        behind: usize,
    },
    /// `width` bytes of each period, from the first index on, while the period is whole.
    Periodic {
        /// The first byte.
        first: usize,
        /// How many of each period.
        width: usize,
        /// Bytes from one to the next.
        period: usize,
        /// How many periods there are at most, counted in bytes that must follow the last of them.
        behind: usize,
    },
}

/// What has the factor besides the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carried {
    /// Nothing.
    Bytes,
    /// The register that the call is given.
    Register,
    /// The checksum that they give, with its XOR at the end.
    Checksum,
}

/// To this length every byte is looked at.
const EVERY_BYTE_TO: usize = 2048;

/// In longer messages one of so many is.
const STEP_BYTES: usize = 16;

/// Longer messages take too long to look at.
const LENGTH_MAX: usize = 1 << 17;

pub(super) fn candidates(lab: &mut Laboratory<'_>) -> Vec<Effect> {
    let Some(base) = lab.wrong_from(lab.reference.register_bytes()) else {
        return Vec::new();
    };
    if base.length() > LENGTH_MAX {
        return Vec::new();
    }
    let ring = Ring::of(&lab.reference.model);
    let Some((positions, factor)) = weighed(lab, &ring, &base) else {
        return Vec::new();
    };
    let exponent = ring.logarithm(factor);
    let regions = regions(&positions, base.length());
    let carried = [Carried::Bytes, Carried::Register, Carried::Checksum];
    let weight = |region: &Region, carried| {
        Effect::Weight(Weight {
            region: region.clone(),
            factor,
            exponent,
            carried,
        })
    };
    // Only the first bytes have anything before them.
    let carried = if positions[0].0 == 0 {
        &carried[..]
    } else {
        &carried[..1]
    };
    regions
        .iter()
        .flat_map(|region| carried.iter().map(|&carried| weight(region, carried)))
        .collect()
}

/// Runs of bytes that have a wrong weight, all of them the same factor.
type Runs = Vec<(usize, usize)>;

fn weighed(lab: &mut Laboratory<'_>, ring: &Ring, base: &Call) -> Option<(Runs, u64)> {
    let length = base.length();
    let step = if length <= EVERY_BYTE_TO {
        1
    } else {
        STEP_BYTES
    };
    let before = lab.measure(base)?;
    let mut common = None;
    let mut runs: Runs = Vec::new();
    for byte in (0..length).step_by(step) {
        let change = lab.measure(&base.flipped(byte, 0))? ^ before;
        let unweighed = ring.power(-ring.exponent(length, byte, 0));
        let factor = ring.multiply(ring.turn(change), unweighed);
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
    Some((runs, common?))
}

/// What the runs may be at other lengths.
fn regions(runs: &Runs, length: usize) -> Vec<Region> {
    let (Some(&(first, end)), Some(&(_, last))) = (runs.first(), runs.last()) else {
        return Vec::new();
    };
    let width = end - first;
    if runs.len() == 1 {
        let behind = length - end;
        return vec![
            Region::FromStart { first, width },
            Region::FromEnd { behind, width },
            Region::Between { first, behind },
        ];
    }
    let period = runs[1].0 - first;
    let is_periodic = runs.windows(2).all(|pair| pair[1].0 - pair[0].0 == period)
        && runs.iter().all(|(from, to)| to - from == width);
    if !is_periodic {
        return Vec::new();
    }
    // The last run may have had any room behind it that holds no further one.
    let room = length - last;
    let behind = (0..period)
        .map(|less| room.saturating_sub(less))
        .filter(|behind| period <= 64 || behind.is_multiple_of(8));
    let periodic = |behind| Region::Periodic {
        first,
        width,
        period,
        behind,
    };
    let mut regions: Vec<Region> = behind.map(periodic).collect();
    regions.dedup();
    regions
}

impl Region {
    /// The bytes of a message of this length, as ranges.
    fn ranges(&self, length: usize) -> Vec<std::ops::Range<usize>> {
        let one = match *self {
            Self::FromStart { first, width } => first.min(length)..(first + width).min(length),
            Self::FromEnd { behind, width } => {
                let end = length.saturating_sub(behind);
                end.saturating_sub(width)..end
            }
            Self::Between { first, behind } => {
                let end = length.saturating_sub(behind);
                first.min(end)..end
            }
            Self::Periodic {
                first,
                width,
                period,
                behind,
            } => {
                return (first..length)
                    .step_by(period)
                    .map(|at| at..at + width)
                    .take_while(|range| range.end + behind <= length)
                    .collect();
            }
        };
        std::iter::once(one).collect()
    }
}

impl Weight {
    pub(super) fn predict(&self, reference: &Reference, call: &Call, right: u64) -> u64 {
        let model = &reference.model;
        let ring = Ring::of(model);
        let mut counted = vec![0; call.length()];
        let ranges = self.region.ranges(call.length());
        for range in &ranges {
            counted[range.clone()].copy_from_slice(&call.message[range.clone()]);
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
            reference.right(model.checksum_of(register), message) ^ zero
        };
        let mut share = sum(register, &counted);
        if self.carried == Carried::Checksum {
            // The XOR at the end of the checksum of these bytes is moved with them.
            let end = ranges.last().map_or(0, |range| range.end);
            share ^= sum(model.xorout, &call.message[end..]) ^ sum(0, &call.message[end..]);
        }
        let wrong = ring.multiply(ring.turn(share), self.factor ^ 1);
        right ^ ring.turn(wrong)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FromStart { first: 0, width } => write!(f, "the first {width} bytes"),
            Self::FromStart { first, width } => {
                write!(f, "bytes {first} to {}", first + width - 1)
            }
            Self::FromEnd { behind: 0, width } => write!(f, "the last {width} bytes"),
            Self::FromEnd { behind, width } => {
                write!(f, "the {width} bytes that end {behind} before the end")
            }
            Self::Between {
                first: 0,
                behind: 0,
            } => f.write_str("all bytes"),
            Self::Between { first, behind: 0 } => write!(f, "all but the first {first} bytes"),
            Self::Between { first: 0, behind } => write!(f, "all but the last {behind} bytes"),
            Self::Between { first, behind } => {
                write!(f, "all but the first {first} and the last {behind} bytes")
            }
            Self::Periodic {
                first,
                width,
                period,
                behind,
            } => write!(
                f,
                "{width} of each {period} bytes from byte {first} on, to {behind} before the end"
            ),
        }
    }
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let region = &self.region;
        let with = match self.carried {
            Carried::Bytes => "",
            Carried::Register | Carried::Checksum => " and the register before them",
        };
        match (self.factor, self.exponent) {
            (0, _) => write!(f, "loses {region}{with}: they count as zeros"),
            (_, Some(by)) => write!(
                f,
                "has a wrong weight: {region}{with} are multiplied by x^{by} too much"
            ),
            (factor, None) => write!(
                f,
                "has a wrong weight: {region}{with} are multiplied by the polynomial {factor:#010x} too much"
            ),
        }
    }
}
