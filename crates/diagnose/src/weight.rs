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
//!
//! Bytes that are moved by a matrix of bits have a factor for each bit of a byte.

use super::algebra::Ring;
use super::effect::Effect;
use super::laboratory::{Call, Laboratory, Reference};
use crcheck_platform::message_memory::Placement;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

/// Some bytes, and the factors that their bits count by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weight {
    /// Which bytes.
    pub region: Region,
    /// The factor of each bit of a byte, as a polynomial, its highest power in the highest bit: 1 is
    /// right.
    pub factors: [u64; 8],
    /// How far the factor moves, if all bits have the same and it is a small power of x.
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
    /// `width` bytes of each period, counted from the end of the last whole block.
    Backward {
        /// Bytes from the end of the last of them to that of the last whole block.
        behind: usize,
        /// How many of each period.
        width: usize,
        /// Bytes from one to the next.
        period: usize,
        /// How far back they go.
        extent: Extent,
        /// What is a whole block.
        anchor: Anchor,
    },
}

/// How many of some bytes there are that are counted from the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// So many.
    Count(usize),
    /// As many as there are in whole bodies, which end with the last whole block and leave at least one
    /// before them.
    Bodies {
        /// The bytes of a body.
        bytes: usize,
        /// Where in the first body they begin.
        lead: usize,
    },
}

/// Where whole blocks of 64 bytes begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// At the start of the message.
    Message,
    /// At addresses that are a multiple of it.
    Address,
}

/// The bytes of a vector, as loops over long messages have them.
const BLOCK_BYTES: usize = 64;

impl Anchor {
    /// The whole blocks of a message of this length at this address.
    fn whole(self, length: usize, start: usize) -> Range<usize> {
        let first = match self {
            Self::Message => 0,
            Self::Address => start.wrapping_neg() % BLOCK_BYTES,
        };
        let first = first.min(length);
        first..length - (length - first) % BLOCK_BYTES
    }
}

impl Extent {
    /// How many there can be.
    fn most(self) -> usize {
        match self {
            Self::Count(count) => count,
            Self::Bodies { .. } => usize::MAX,
        }
    }

    /// The first byte that may be one of them.
    fn begin(self, whole: &Range<usize>) -> usize {
        match self {
            Self::Count(_) => 0,
            Self::Bodies { bytes, lead } => {
                let room = whole.len().saturating_sub(BLOCK_BYTES);
                whole.end - room / bytes * bytes + lead
            }
        }
    }
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
    let Some(base) = base(lab) else {
        return Vec::new();
    };
    let ring = Ring::of(&lab.reference.model);
    let Some((runs, factors)) = weighed(lab, &ring, &base) else {
        return Vec::new();
    };
    let exponent = common(&factors).and_then(|factor| ring.logarithm(factor));
    let carried = [Carried::Bytes, Carried::Register, Carried::Checksum];
    let weight = |region: &Region, carried| {
        Effect::Weight(Weight {
            region: region.clone(),
            factors,
            exponent,
            carried,
        })
    };
    // Only the first bytes have anything before them.
    let carried = if runs[0].0 == 0 {
        &carried[..]
    } else {
        &carried[..1]
    };
    regions(&runs, &base)
        .iter()
        .flat_map(|region| carried.iter().map(|&carried| weight(region, carried)))
        .collect()
}

/// A short call that is wrong, where blocks begin at the message if it is wrong there too.
fn base(lab: &mut Laboratory<'_>) -> Option<Call> {
    let wrong = lab.wrong_from(lab.reference.register_bytes())?;
    if wrong.length() > LENGTH_MAX {
        return None;
    }
    let aligned = Call {
        placement: Placement::aligned(0),
        ..wrong.clone()
    };
    let is_wrong = lab.is_wrong(aligned.clone())?;
    Some(if is_wrong { aligned } else { wrong })
}

/// Runs of bytes that have a wrong weight, all of them the same.
type Runs = Vec<(usize, usize)>;

fn weighed(lab: &mut Laboratory<'_>, ring: &Ring, base: &Call) -> Option<(Runs, [u64; 8])> {
    let length = base.length();
    let step = if length <= EVERY_BYTE_TO {
        1
    } else {
        STEP_BYTES
    };
    let bit = affected(lab, base)?;
    let before = lab.measure(base)?;
    let mut factor = |byte: usize, bit: u32| {
        let change = lab.measure(&base.flipped(byte, bit))? ^ before;
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

/// The lowest bit of bytes that has a wrong weight somewhere: flipped in half of all bytes it changes what
/// is wrong.
fn affected(lab: &mut Laboratory<'_>, base: &Call) -> Option<u32> {
    let difference = lab.difference(base)?;
    for bit in 0..8 {
        for _ in 0..2 {
            let mut call = base.clone();
            for byte in &mut call.message {
                *byte ^= ((lab.rng.next_u64() & 1) as u8) << bit;
            }
            if lab.difference(&call)? != difference {
                return Some(bit);
            }
        }
    }
    None
}

/// The factor, if all bits of a byte have the same.
fn common(factors: &[u64; 8]) -> Option<u64> {
    factors
        .iter()
        .all(|factor| *factor == factors[0])
        .then_some(factors[0])
}

/// What the runs may be at other lengths.
fn regions(runs: &Runs, base: &Call) -> Vec<Region> {
    let length = base.length();
    let (Some(&(first, end)), Some(&(_, last))) = (runs.first(), runs.last()) else {
        return Vec::new();
    };
    let width = end - first;
    if runs.len() == 1 {
        let behind = length - end;
        let mut regions = vec![
            Region::FromStart { first, width },
            Region::FromEnd { behind, width },
            Region::Between { first, behind },
        ];
        regions.extend(backward(runs, width, base));
        return regions;
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
    regions.extend(backward(runs, period, base));
    regions
}

/// What runs at a distance of `period` may be, counted from the end.
fn backward(runs: &Runs, period: usize, base: &Call) -> Vec<Region> {
    let (first, end) = runs[0];
    let last = runs[runs.len() - 1].1;
    let mut regions = Vec::new();
    for anchor in [Anchor::Message, Anchor::Address] {
        let whole = anchor.whole(base.length(), base.start());
        let Some(behind) = whole.end.checked_sub(last) else {
            continue;
        };
        // Loops are unrolled so that a body holds one period or some.
        let bodies = [1, 2, 4].map(|periods| periods * period).into_iter();
        let bodies = bodies.filter_map(|bytes| {
            let bodies = Extent::Bodies { bytes, lead: 0 };
            let lead = first.checked_sub(bodies.begin(&whole))?;
            (runs.len() > 1).then_some(Extent::Bodies { bytes, lead })
        });
        let extents = [Extent::Count(runs.len())].into_iter().chain(bodies);
        regions.extend(extents.map(|extent| Region::Backward {
            behind,
            width: end - first,
            period,
            extent,
            anchor,
        }));
    }
    regions
}

impl Region {
    /// The bytes of a message of this length at this address, as ranges.
    fn ranges(&self, length: usize, start: usize) -> Vec<Range<usize>> {
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
            Self::Backward {
                behind,
                width,
                period,
                extent,
                anchor,
            } => {
                let whole = anchor.whole(length, start);
                let begin = extent.begin(&whole);
                let range = |index: usize| {
                    let end = whole.end.checked_sub(behind + index * period)?;
                    let first = end.checked_sub(width)?;
                    (first >= begin).then_some(first..end)
                };
                let mut ranges: Vec<_> = (0..extent.most()).map_while(range).collect();
                ranges.reverse();
                return ranges;
            }
        };
        std::iter::once(one).collect()
    }
}

impl Weight {
    /// The factor, if all bits of a byte have the same.
    pub fn factor(&self) -> Option<u64> {
        common(&self.factors)
    }

    pub(super) fn predict(&self, reference: &Reference, call: &Call, right: u64) -> u64 {
        let ring = Ring::of(&reference.model);
        let ranges = self.region.ranges(call.length(), call.start());
        let wrong: BTreeSet<u64> = self.factors.iter().copied().filter(|&it| it != 1).collect();
        let sum = wrong.into_iter().fold(0, |sum, factor| {
            let share = self.share(reference, call, &ranges, factor);
            sum ^ ring.multiply(ring.turn(share), factor ^ 1)
        });
        right ^ ring.turn(sum)
    }

    /// What the bits that have this factor come to when they are right.
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
            reference.right(model.checksum_of(register), message) ^ zero
        };
        let mut share = sum(register, &counted);
        if self.carried == Carried::Checksum {
            // The XOR at the end of the checksum of these bytes is moved with them.
            let end = ranges.last().map_or(0, |range| range.end);
            share ^= sum(model.xorout, &call.message[end..]) ^ sum(0, &call.message[end..]);
        }
        share
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
            Self::Backward {
                behind,
                width,
                period,
                extent,
                anchor,
            } => {
                let end = match anchor {
                    Anchor::Message => "the end of the last whole 64 bytes",
                    Anchor::Address => "the last address that is a multiple of 64",
                };
                match extent {
                    Extent::Count(1) => {
                        write!(f, "the {width} bytes that end {behind} before {end}")
                    }
                    Extent::Count(count) => write!(
                        f,
                        "{count} times {width} of each {period} bytes, the last of them {behind} before {end}"
                    ),
                    Extent::Bodies { bytes, .. } => write!(
                        f,
                        "{width} of each {period} bytes, the last of them {behind} before {end}, in whole bodies of {bytes}"
                    ),
                }
            }
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
        match (self.factor(), self.exponent) {
            (Some(0), _) => write!(f, "loses {region}{with}: they count as zeros"),
            (_, Some(by)) => write!(
                f,
                "has a wrong weight: {region}{with} are multiplied by x^{by} too much"
            ),
            (Some(factor), None) => write!(
                f,
                "has a wrong weight: {region}{with} are multiplied by the polynomial {factor:#010x} too much"
            ),
            (None, None) => {
                f.write_str("has wrong weights:")?;
                let wrong = self.factors.iter().enumerate().filter(|(_, it)| **it != 1);
                for (index, (bit, factor)) in wrong.enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    write!(f, "{comma} bit {bit} by the polynomial {factor:#010x}")?;
                }
                write!(f, ", of {region}")
            }
        }
    }
}
