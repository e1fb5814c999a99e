//! One condition on a call.

use crate::call::Call;
use crate::length_period;
use crate::number_list::ranges;
use crcheck_oracle::model::Model;
use std::collections::BTreeSet;
use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The message has at least this many bytes.
    LengthFrom(usize),
    /// The message has at most this many bytes.
    LengthTo(usize),
    /// The quantity modulo `modulus` is one of the residues.
    Residue {
        of: Quantity,
        modulus: usize,
        residues: BTreeSet<usize>,
    },
    /// The message starts at no multiple of `modulus` and ends before the next one.
    EndsBeforeAligned { modulus: usize },
    /// The message starts at or after this offset in its page of 4096 bytes.
    PageOffsetFrom(usize),
    /// Whether the register before the message is 0.
    RegisterIsZero(bool),
    /// Whether all bits of the register before the message are set.
    RegisterIsOnes(bool),
    /// The byte at `index` has this value. Index 0 is the first byte, index -1 the last.
    Byte { index: isize, value: u8 },
}

/// What a residue is taken of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// The length of the message in bytes.
    Length,
    /// The address of its first byte.
    Start,
    /// The address after its last byte.
    End,
}

impl Quantity {
    fn value(self, length: usize, start: usize) -> usize {
        match self {
            Self::Length => length,
            Self::Start => start,
            Self::End => start + length,
        }
    }
}

/// Moduli of addresses and lengths.
pub(crate) const POWERS: [usize; 6] = [2, 4, 8, 16, 32, 64];

impl Condition {
    /// Every condition that holds for all of these calls, as narrow as they allow.
    pub(crate) fn all_of(model: &Model, calls: &[&Call]) -> Vec<Self> {
        let mut conditions = Vec::new();
        let lengths = || calls.iter().map(|call| call.length());
        conditions.extend(lengths().min().map(Self::LengthFrom));
        conditions.extend(lengths().max().map(Self::LengthTo));
        for of in [Quantity::Length, Quantity::Start, Quantity::End] {
            for modulus in POWERS {
                let residues: BTreeSet<usize> = calls
                    .iter()
                    .map(|call| of.value(call.length(), call.start()) % modulus)
                    .collect();
                if residues.len() < modulus {
                    conditions.push(Self::Residue {
                        of,
                        modulus,
                        residues,
                    });
                }
            }
        }
        let periods = length_period::of_lengths(&lengths().collect(), POWERS[POWERS.len() - 1]);
        conditions.extend(periods.into_iter().map(|period| Self::Residue {
            of: Quantity::Length,
            modulus: period.modulus,
            residues: period.residues,
        }));
        conditions.extend(POWERS.map(|modulus| Self::EndsBeforeAligned { modulus }));
        let offset = calls.iter().map(|call| call.start()).min();
        conditions.extend(offset.map(Self::PageOffsetFrom));
        for is in [false, true] {
            conditions.push(Self::RegisterIsZero(is));
            conditions.push(Self::RegisterIsOnes(is));
        }
        for index in -4..8 {
            let value = calls.first().and_then(|call| byte(call, index));
            conditions.extend(value.map(|value| Self::Byte { index, value }));
        }
        conditions.retain(|condition| calls.iter().all(|call| condition.holds(call, model)));
        conditions
    }

    pub(crate) fn holds(&self, call: &Call, model: &Model) -> bool {
        let register = || model.register_of(call.checksum);
        match self {
            Self::RegisterIsZero(is) => (register() == 0) == *is,
            Self::RegisterIsOnes(is) => (register() == model.mask()) == *is,
            Self::Byte { index, value } => byte(call, *index) == Some(*value),
            of_place => of_place.can_hold_at(call.length(), call.start()),
        }
    }

    /// Whether it holds for a call of this length at this address, for the right message and
    /// register.
    pub(crate) fn can_hold_at(&self, length: usize, start: usize) -> bool {
        match self {
            Self::LengthFrom(first) => length >= *first,
            Self::LengthTo(last) => length <= *last,
            Self::Residue {
                of,
                modulus,
                residues,
            } => residues.contains(&(of.value(length, start) % modulus)),
            Self::EndsBeforeAligned { modulus } => length < start.wrapping_neg() % modulus,
            Self::PageOffsetFrom(first) => start >= *first,
            Self::Byte { index, .. } => length >= (*index + 1).max(-*index).unsigned_abs(),
            Self::RegisterIsZero(_) | Self::RegisterIsOnes(_) => true,
        }
    }

    /// Sets the register or the byte that it demands. It leaves length and place as they are.
    pub(crate) fn impose(&self, call: &mut Call, model: &Model) {
        match self {
            Self::RegisterIsZero(true) => call.checksum = model.checksum_of(0),
            Self::RegisterIsOnes(true) => call.checksum = model.checksum_of(model.mask()),
            Self::Byte { index, value } => {
                let length = call.length() as isize;
                let at = if *index < 0 { length + index } else { *index };
                if let Some(byte) = call.message.get_mut(at.cast_unsigned()) {
                    *byte = *value;
                }
            }
            _ => {}
        }
    }

    /// How hard it is to say. Of two conditions that fit, the simpler one wins.
    pub(crate) fn cost(&self) -> u32 {
        match self {
            Self::LengthFrom(_) => 10,
            Self::LengthTo(_) => 11,
            Self::Residue {
                of,
                modulus,
                residues,
            } => {
                let runs = runs(residues, *modulus).min(*modulus - residues.len());
                let of = match of {
                    Quantity::Length => 0,
                    Quantity::Start => 1,
                    Quantity::End => 2,
                };
                10 + 6 * runs as u32 + modulus.ilog2() + of
            }
            Self::PageOffsetFrom(_) | Self::EndsBeforeAligned { .. } => 20,
            Self::RegisterIsZero(_) | Self::RegisterIsOnes(_) => 15,
            Self::Byte { .. } => 25,
        }
    }
}

/// The byte at this index, if the message has one there; from the end if the index is negative.
fn byte(call: &Call, index: isize) -> Option<u8> {
    let at = if index < 0 {
        call.length().checked_sub(index.unsigned_abs())?
    } else {
        index.unsigned_abs()
    };
    call.message.get(at).copied()
}

/// The number of runs of neighbours in a set of residues. 0 follows `modulus` - 1.
fn runs(residues: &BTreeSet<usize>, modulus: usize) -> usize {
    let begins = |&&residue: &&usize| !residues.contains(&((residue + modulus - 1) % modulus));
    residues.iter().filter(begins).count()
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Length => "length",
            Self::Start => "start address",
            Self::End => "end address",
        })
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LengthFrom(first) => write!(f, "from length {first} on"),
            Self::LengthTo(last) => write!(f, "to length {last}"),
            Self::Residue {
                of,
                modulus,
                residues,
            } => fmt_residues(f, *of, *modulus, residues),
            Self::EndsBeforeAligned { modulus } => write!(
                f,
                "if the message ends before the first address that is a multiple of {modulus}"
            ),
            Self::PageOffsetFrom(first) => {
                write!(f, "if the start address % 4096 is at least {first}")
            }
            Self::RegisterIsZero(true) => f.write_str("if the register is 0"),
            Self::RegisterIsZero(false) => f.write_str("if the register is not 0"),
            Self::RegisterIsOnes(true) => f.write_str("if all bits of the register are set"),
            Self::RegisterIsOnes(false) => f.write_str("unless all bits of the register are set"),
            Self::Byte { index: -1, value } => write!(f, "if the last byte is {value:#04x}"),
            Self::Byte { index, value } if *index < 0 => {
                write!(f, "if byte length - {} is {value:#04x}", -index)
            }
            Self::Byte { index, value } => write!(f, "if byte {index} is {value:#04x}"),
        }
    }
}

/// Writes the residues if they are few, or else the missing ones.
fn fmt_residues(
    f: &mut fmt::Formatter<'_>,
    of: Quantity,
    modulus: usize,
    residues: &BTreeSet<usize>,
) -> fmt::Result {
    let missing: Vec<usize> = (0..modulus)
        .filter(|residue| !residues.contains(residue))
        .collect();
    let few: Vec<usize> = residues.iter().copied().collect();
    let (word, listed) = if few.len() <= missing.len() {
        ("when", few)
    } else {
        ("unless", missing)
    };
    write!(f, "{word} {of} % {modulus} = {}", ranges(&listed))
}
