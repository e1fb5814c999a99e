//! When a fault shows: conditions on a call, learnt from calls that showed it and calls that did not.

use super::laboratory::{Call, start};
use crcheck_oracle::model::Model;
use crcheck_platform::message_memory::Placement;
use std::collections::BTreeSet;
use std::fmt;

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The message has at least so many bytes.
    LengthFrom(usize),
    /// It has at most so many.
    LengthTo(usize),
    /// A number is among these residues.
    Residue {
        /// Which number.
        of: Number,
        /// The modulus.
        modulus: usize,
        /// The residues.
        residues: BTreeSet<usize>,
    },
    /// The message begins at or behind this offset in its page of 4096 bytes.
    PageOffsetFrom(usize),
    /// The register is 0, or is not.
    RegisterIsZero(bool),
    /// The register has all bits set, or has not.
    RegisterIsOnes(bool),
    /// The byte at this index, from the end if negative, has this value.
    Byte {
        /// The index: 0 is the first byte, -1 the last.
        index: isize,
        /// The value.
        value: u8,
    },
}

/// What residues are taken of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// The length of the message.
    Length,
    /// The address of its first byte.
    Start,
    /// The address behind its last byte.
    End,
}

/// All of some conditions; none is always.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct When(pub Vec<Condition>);

impl Number {
    fn of(self, length: usize, start: usize) -> usize {
        match self {
            Self::Length => length,
            Self::Start => start,
            Self::End => start + length,
        }
    }
}

impl Condition {
    fn holds(&self, call: &Call, [register, mask]: [u64; 2]) -> bool {
        match self {
            Self::RegisterIsZero(is) => (register == 0) == *is,
            Self::RegisterIsOnes(is) => (register == mask) == *is,
            Self::Byte { index, value } => byte(call, *index) == Some(*value),
            of_place => of_place.holds_at(call.length(), call.start()),
        }
    }

    /// Whether it holds for some call of this length at this address.
    fn holds_at(&self, length: usize, start: usize) -> bool {
        match self {
            Self::LengthFrom(first) => length >= *first,
            Self::LengthTo(last) => length <= *last,
            Self::Residue {
                of,
                modulus,
                residues,
            } => residues.contains(&(of.of(length, start) % modulus)),
            Self::PageOffsetFrom(first) => start >= *first,
            Self::Byte { index, .. } => length >= (*index + 1).max(-*index).unsigned_abs(),
            Self::RegisterIsZero(_) | Self::RegisterIsOnes(_) => true,
        }
    }

    /// Makes it hold for a call, if that takes no other place.
    fn impose(&self, call: &mut Call, model: &Model) {
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

    /// What it takes to say it: of two that fit the simpler one is said.
    fn cost(&self) -> u32 {
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
                    Number::Length => 0,
                    Number::Start => 1,
                    Number::End => 2,
                };
                10 + 6 * runs as u32 + modulus.ilog2() + of
            }
            Self::PageOffsetFrom(_) => 20,
            Self::RegisterIsZero(_) | Self::RegisterIsOnes(_) => 15,
            Self::Byte { .. } => 25,
        }
    }
}

fn byte(call: &Call, index: isize) -> Option<u8> {
    let at = if index < 0 {
        call.length().checked_sub(index.unsigned_abs())?
    } else {
        index.unsigned_abs()
    };
    call.message.get(at).copied()
}

/// How many runs of neighbours a set of residues has, around the end.
fn runs(residues: &BTreeSet<usize>, modulus: usize) -> usize {
    let begins = |&&residue: &&usize| !residues.contains(&((residue + modulus - 1) % modulus));
    residues.iter().filter(begins).count()
}

impl When {
    /// Whether all of it holds for a call whose register is this, in a model of this mask.
    pub(super) fn holds(&self, call: &Call, register: [u64; 2]) -> bool {
        self.0
            .iter()
            .all(|condition| condition.holds(call, register))
    }

    /// Whether all of it holds for some call of this length at this placement.
    pub(super) fn holds_at(&self, length: usize, placement: Placement) -> bool {
        let start = start(length, placement);
        self.0
            .iter()
            .all(|condition| condition.holds_at(length, start))
    }

    /// Makes all of it hold for a call that lies where it can.
    pub(super) fn impose(&self, call: &mut Call, model: &Model) {
        self.0
            .iter()
            .for_each(|condition| condition.impose(call, model));
    }

    /// What it takes to say it.
    pub(super) fn cost(&self) -> u32 {
        self.0.iter().map(Condition::cost).sum()
    }

    /// The simplest conditions that hold for all of `shown` and for none of `hidden`, each a call
    /// with its register and mask.
    pub(super) fn learn(shown: &[(&Call, [u64; 2])], hidden: &[(&Call, [u64; 2])]) -> Option<Self> {
        if hidden.is_empty() {
            return Some(Self::default());
        }
        let candidates: Vec<Candidate> = conditions(shown)
            .into_iter()
            .map(|condition| Candidate::new(condition, hidden))
            .filter(|candidate| candidate.excluded.iter().any(|&word| word != 0))
            .collect();
        let all = full(hidden.len());
        let mut search = Search {
            candidates: &candidates,
            all: &all,
            best: None,
        };
        search.extend(&mut Vec::new(), &vec![0; all.len()], 0, 0);
        let (_, chosen) = search.best?;
        let mut chosen: Vec<Condition> = chosen
            .iter()
            .map(|&index| candidates[index].condition.clone())
            .collect();
        chosen.sort_by_key(|condition| matches!(condition, Condition::LengthFrom(_)));
        Some(Self(chosen))
    }

    /// The lengths at which it changes.
    pub(super) fn borders(&self) -> Vec<usize> {
        let border = |condition: &Condition| match condition {
            Condition::LengthFrom(first) => Some(*first),
            Condition::LengthTo(last) => Some(*last),
            _ => None,
        };
        self.0.iter().filter_map(border).collect()
    }

    /// The first length at which the fault shows, if there is one before which it does not.
    pub fn length_from(&self) -> Option<usize> {
        self.0.iter().find_map(|condition| match condition {
            Condition::LengthFrom(first) => Some(*first),
            _ => None,
        })
    }
}

/// A condition, and a bit for each of the hidden calls that it excludes.
struct Candidate {
    condition: Condition,
    cost: u32,
    excluded: Vec<u64>,
}

impl Candidate {
    fn new(condition: Condition, hidden: &[(&Call, [u64; 2])]) -> Self {
        let mut excluded = vec![0; hidden.len().div_ceil(64)];
        for (index, (call, register)) in hidden.iter().enumerate() {
            if !condition.holds(call, *register) {
                excluded[index / 64] |= 1 << (index % 64);
            }
        }
        Self {
            cost: condition.cost(),
            condition,
            excluded,
        }
    }
}

fn full(count: usize) -> Vec<u64> {
    let mut bits = vec![u64::MAX; count.div_ceil(64)];
    if let Some(last) = bits.last_mut().filter(|_| !count.is_multiple_of(64)) {
        *last = (1 << (count % 64)) - 1;
    }
    bits
}

/// More conditions than this are no explanation.
const CONDITIONS_MAX: usize = 3;

struct Search<'c> {
    candidates: &'c [Candidate],
    all: &'c [u64],
    best: Option<(u32, Vec<usize>)>,
}

impl Search<'_> {
    fn extend(&mut self, chosen: &mut Vec<usize>, excluded: &[u64], cost: u32, next: usize) {
        if excluded == self.all {
            if self.best.as_ref().is_none_or(|(best, _)| cost < *best) {
                self.best = Some((cost, chosen.clone()));
            }
            return;
        }
        if chosen.len() == CONDITIONS_MAX {
            return;
        }
        for index in next..self.candidates.len() {
            let candidate = &self.candidates[index];
            let cost = cost + candidate.cost;
            if self.best.as_ref().is_some_and(|(best, _)| cost >= *best) {
                continue;
            }
            let joined: Vec<u64> = excluded
                .iter()
                .zip(&candidate.excluded)
                .map(|(a, b)| a | b)
                .collect();
            chosen.push(index);
            self.extend(chosen, &joined, cost, index + 1);
            chosen.pop();
        }
    }
}

/// Every condition that holds for all of these calls, as narrow as they allow.
fn conditions(shown: &[(&Call, [u64; 2])]) -> Vec<Condition> {
    let mut conditions = Vec::new();
    let lengths = || shown.iter().map(|(call, _)| call.length());
    conditions.extend(lengths().min().map(Condition::LengthFrom));
    conditions.extend(lengths().max().map(Condition::LengthTo));
    for of in [Number::Length, Number::Start, Number::End] {
        for modulus in [2, 4, 8, 16, 32, 64] {
            let residues: BTreeSet<usize> = shown
                .iter()
                .map(|(call, _)| of.of(call.length(), call.start()) % modulus)
                .collect();
            if residues.len() < modulus {
                conditions.push(Condition::Residue {
                    of,
                    modulus,
                    residues,
                });
            }
        }
    }
    let offset = shown.iter().map(|(call, _)| call.start()).min();
    conditions.extend(offset.map(Condition::PageOffsetFrom));
    for is in [false, true] {
        conditions.push(Condition::RegisterIsZero(is));
        conditions.push(Condition::RegisterIsOnes(is));
    }
    for index in -4..8 {
        let value = shown.first().and_then(|(call, _)| byte(call, index));
        conditions.extend(value.map(|value| Condition::Byte { index, value }));
    }
    conditions.retain(|condition| {
        shown
            .iter()
            .all(|(call, register)| condition.holds(call, *register))
    });
    conditions
}

impl fmt::Display for Number {
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
            } => residue(f, *of, *modulus, residues),
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

/// The residues if they are few, else those that are missing.
fn residue(
    f: &mut fmt::Formatter<'_>,
    of: Number,
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

/// Numbers as a list in which neighbours are a range.
pub(super) fn ranges(numbers: &[usize]) -> String {
    let mut parts: Vec<(usize, usize)> = Vec::new();
    for &number in numbers {
        match parts.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => parts.push((number, number)),
        }
    }
    let part = |&(first, last): &(usize, usize)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first} to {last}"),
    };
    parts.iter().map(part).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let has = |condition: Condition| self.0.contains(&condition);
        for condition in &self.0 {
            match condition {
                Condition::LengthTo(length) if has(Condition::LengthFrom(*length)) => {
                    write!(f, ", at length {length}")?;
                }
                Condition::LengthFrom(length) if has(Condition::LengthTo(*length)) => {}
                _ => write!(f, ", {condition}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crcheck_platform::message_memory::Placement;

    fn call(length: usize, offset: usize) -> Call {
        Call {
            placement: Placement::aligned(offset),
            checksum: 0,
            message: (0..length).map(|i| (i * 37 + offset * 11) as u8).collect(),
            fill: 0,
        }
    }

    fn learnt(shows: fn(&Call) -> bool) -> String {
        let calls: Vec<Call> = (0..20_000)
            .step_by(7)
            .map(|i| call(i % 321, (i / 321) % 64))
            .collect();
        let of = |wanted: bool| {
            let of = calls.iter().filter(move |call| shows(call) == wanted);
            of.map(|call| (call, [5, 7])).collect::<Vec<_>>()
        };
        When::learn(&of(true), &of(false)).map_or("nothing".to_owned(), |when| when.to_string())
    }

    #[test]
    fn the_simplest_conditions_are_learnt() {
        assert_eq!(learnt(|_| true), "");
        assert_eq!(learnt(|call| call.length() >= 200), ", from length 200 on");
        assert_eq!(
            learnt(|call| call.length() % 16 == 13),
            ", when length % 16 = 13"
        );
        assert_eq!(
            learnt(|call| call.length() >= 100 && call.start() % 4 != 0),
            ", unless start address % 4 = 0, from length 100 on"
        );
        assert_eq!(
            learnt(|call| (call.start() + call.length()).is_multiple_of(8)),
            ", when end address % 8 = 0"
        );
    }

    #[test]
    fn chance_is_not_explained() {
        let noise = |call: &Call| (call.length() * 7919 + call.start() * 104_729) % 13 == 5;
        assert_eq!(learnt(noise), "nothing");
    }
}
