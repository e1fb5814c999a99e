//! The cells of coverage that a check has visited.

use crate::case::{Case, Forge, RegisterClass};
use crcheck_platform::message_memory::{GuardSide, Placement};
use std::collections::{HashMap, HashSet};

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
}

impl Bits {
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
}
