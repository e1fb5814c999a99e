//! The cells of coverage that a check has visited.

use crate::case::{Case, Forge, RegisterClass};
use crcheck_platform::message_memory::{GuardSide, Placement};
use std::collections::{BTreeSet, HashMap, HashSet};

/// How a message was cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum SplitClass {
    /// Not at all.
    Whole,
    /// Into two pieces.
    Two,
    /// Into more.
    More,
    /// At a prefix whose checksum was forged to 0 or to all ones.
    Forged,
}

impl SplitClass {
    /// The class of a case.
    pub(crate) fn of(case: &Case) -> Self {
        match (case.forge, case.splits.len()) {
            (Forge::Zero | Forge::Ones, _) => Self::Forged,
            (Forge::None, 0) => Self::Whole,
            (Forge::None, 1) => Self::Two,
            (Forge::None, _) => Self::More,
        }
    }
}

/// Cells that differ only in the length.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cells<'a> {
    /// The lengths of the messages in bytes.
    pub(crate) lengths: &'a [usize],
    /// The placement of the messages.
    pub(crate) placement: Placement,
    /// The class of the register.
    pub(crate) class: RegisterClass,
    /// How the messages were cut.
    pub(crate) split: SplitClass,
}

/// Lengths below this are bits of a set.
const DENSE: usize = 1 << 16;

/// A set of cells: (length, alignment of the start, guard side, class of register, class of split).
#[derive(Debug, Default)]
pub(crate) struct CellSet {
    dense: HashMap<(GuardSide, usize, RegisterClass, SplitClass), Bits>,
    far: HashSet<(GuardSide, usize, RegisterClass, SplitClass, usize)>,
}

#[derive(Debug, Default)]
struct Bits(Vec<u64>);

impl CellSet {
    pub(crate) fn insert(&mut self, cells: Cells<'_>) {
        let Cells {
            lengths,
            placement,
            class,
            split,
        } = cells;
        let guard = placement.guard;
        match guard {
            // The length determines the alignment, so one row holds all lengths.
            GuardSide::End => self.insert_row((guard, 0, class, split), lengths),
            _ => self.insert_row((guard, placement.alignment(0), class, split), lengths),
        }
    }

    fn insert_row(
        &mut self,
        key: (GuardSide, usize, RegisterClass, SplitClass),
        lengths: &[usize],
    ) {
        let (guard, alignment, class, split) = key;
        let bits = self.dense.entry(key).or_default();
        for &length in lengths {
            if length < DENSE {
                bits.insert(length);
            } else {
                self.far.insert((guard, alignment, class, split, length));
            }
        }
    }

    /// How many cells the set has.
    pub(crate) fn count(&self) -> u64 {
        let dense: u64 = self.dense.values().map(Bits::count).sum();
        dense + self.far.len() as u64
    }

    /// Every length that the cells have, ascending.
    pub(crate) fn every_length(&self) -> Vec<usize> {
        let mut all = Bits::default();
        for bits in self.dense.values() {
            all.join(bits);
        }
        let far: BTreeSet<usize> = self.far.iter().map(|cell| cell.4).collect();
        let dense = (0..DENSE).filter(|&length| all.contains(length));
        dense.chain(far).collect()
    }

    /// Which lengths the cells have.
    pub(crate) fn lengths(&self) -> Lengths {
        let mut lengths = Lengths::default();
        for (index, length) in self.every_length().into_iter().enumerate() {
            if index == length {
                lengths.every_to = Some(length);
            } else {
                lengths.beyond += 1;
            }
            lengths.longest = Some(length);
        }
        lengths
    }

    /// How many starts in the last bytes of a page the cells have.
    pub(crate) fn crossing_starts(&self) -> usize {
        let rows = self
            .dense
            .keys()
            .filter(|(guard, ..)| *guard == GuardSide::Cross);
        rows.map(|&(_, start, ..)| start)
            .collect::<BTreeSet<_>>()
            .len()
    }
}

/// The lengths of a set of cells.
#[derive(Debug, Default)]
pub(crate) struct Lengths {
    /// Every length up to this is among them.
    pub(crate) every_to: Option<usize>,
    /// How many others.
    pub(crate) beyond: usize,
    /// The longest.
    pub(crate) longest: Option<usize>,
}

impl Bits {
    fn join(&mut self, other: &Self) {
        if other.0.len() > self.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word |= other;
        }
    }

    fn contains(&self, index: usize) -> bool {
        let word = self.0.get(index / 64);
        word.is_some_and(|word| word >> (index % 64) & 1 == 1)
    }

    fn insert(&mut self, index: usize) {
        let word = index / 64;
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (index % 64);
    }

    fn count(&self) -> u64 {
        self.0.iter().map(|word| u64::from(word.count_ones())).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_counts_once() {
        let mut set = CellSet::default();
        let cells = |lengths, offset, class| Cells {
            lengths,
            placement: Placement::aligned(offset),
            class,
            split: SplitClass::Whole,
        };
        set.insert(cells(&[0, 1, 4096, 1 << 20], 3, RegisterClass::Mixed));
        set.insert(cells(&[1, 1 << 20], 3, RegisterClass::Mixed));
        assert_eq!(set.count(), 4);
        set.insert(cells(&[1], 4, RegisterClass::Mixed));
        set.insert(cells(&[1], 3, RegisterClass::Zeros));
        assert_eq!(set.count(), 6);
    }

    #[test]
    fn every_length_goes_to_the_first_that_is_missing() {
        let mut set = CellSet::default();
        let mut insert = |lengths: &[usize], offset| {
            set.insert(Cells {
                lengths,
                placement: Placement::aligned(offset),
                class: RegisterClass::Mixed,
                split: SplitClass::Whole,
            });
            let Lengths {
                every_to,
                beyond,
                longest,
            } = set.lengths();
            (every_to, beyond, longest)
        };
        assert_eq!(insert(&[1, 3, 1 << 20], 7), (None, 3, Some(1 << 20)));
        assert_eq!(insert(&[0, 1, 5], 8), (Some(1), 3, Some(1 << 20)));
        let all: Vec<usize> = (0..=DENSE + 1).collect();
        assert_eq!(insert(&all, 9), (Some(DENSE + 1), 1, Some(1 << 20)));
    }
}
