//! Vectors of the message in columns, each with an accumulator of its own. One multiplication moves
//! an accumulator from body to body.

use crate::isa::Isa;
use core::marker::PhantomData;

/// The greatest number of columns.
pub(super) const COLUMNS_MAX: usize = 12;

/// Which columns are removed instead of multiplied.
pub(super) trait Removal {
    /// The pattern repeats after this number of columns.
    const PERIOD: usize;
    /// The removed columns of a period, never the last one.
    const REMOVED: &'static [usize];

    /// For each column, whether it is kept.
    const IS_KEPT: [bool; COLUMNS_MAX] = {
        let mut is_kept = [true; COLUMNS_MAX];
        let mut column = 0;
        while column < COLUMNS_MAX {
            let mut i = 0;
            while i < Self::REMOVED.len() {
                if column % Self::PERIOD == Self::REMOVED[i] {
                    is_kept[column] = false;
                }
                i += 1;
            }
            column += 1;
        }
        is_kept
    };
}

/// What happens to each column. The number of the column is a constant, so that the distances,
/// which depend on it, are constants too, and the columns stay in registers.
pub(super) trait Step<V> {
    fn step<const J: usize>(&mut self, column: V) -> V;
}

#[inline(always)]
pub(super) fn step_all<V: Copy, const COLUMNS: usize>(
    columns: &mut [V; COLUMNS],
    mut step: impl Step<V>,
) {
    const { assert!(COLUMNS <= COLUMNS_MAX) };
    step_one::<V, COLUMNS, 0>(columns, &mut step);
    step_one::<V, COLUMNS, 1>(columns, &mut step);
    step_one::<V, COLUMNS, 2>(columns, &mut step);
    step_one::<V, COLUMNS, 3>(columns, &mut step);
    step_one::<V, COLUMNS, 4>(columns, &mut step);
    step_one::<V, COLUMNS, 5>(columns, &mut step);
    step_one::<V, COLUMNS, 6>(columns, &mut step);
    step_one::<V, COLUMNS, 7>(columns, &mut step);
    step_one::<V, COLUMNS, 8>(columns, &mut step);
    step_one::<V, COLUMNS, 9>(columns, &mut step);
    step_one::<V, COLUMNS, 10>(columns, &mut step);
    step_one::<V, COLUMNS, 11>(columns, &mut step);
}

#[inline(always)]
fn step_one<V: Copy, const COLUMNS: usize, const J: usize>(
    columns: &mut [V; COLUMNS],
    step: &mut impl Step<V>,
) {
    if J < COLUMNS {
        columns[J] = step.step::<J>(columns[J]);
    }
}

/// The first vectors, with the register.
pub(super) struct First<'m, I: Isa, const COLUMNS: usize> {
    pub(super) isa: I,
    pub(super) register: u32,
    pub(super) vectors: &'m [I::Block],
}

impl<I: Isa, const COLUMNS: usize> Step<I::Vector> for First<'_, I, COLUMNS> {
    #[inline(always)]
    fn step<const J: usize>(&mut self, column: I::Vector) -> I::Vector {
        let missing = COLUMNS - self.vectors.len();
        if J < missing {
            return column;
        }
        let vector = self.isa.load(&self.vectors[J - missing]);
        if J == missing {
            self.isa.xor_register(vector, self.register)
        } else {
            vector
        }
    }
}

/// Ends the removed columns: each moves to the next kept one.
pub(super) struct LeaveRemoved<I: Isa, S> {
    isa: I,
    removal: PhantomData<S>,
    carried: I::Vector,
}

impl<I: Isa, S: Removal> LeaveRemoved<I, S> {
    #[inline(always)]
    pub(super) fn new(isa: I) -> Self {
        Self {
            isa,
            removal: PhantomData,
            carried: isa.multipliers([0, 0]),
        }
    }
}

impl<I: Isa, S: Removal> Step<I::Vector> for LeaveRemoved<I, S> {
    #[inline(always)]
    fn step<const J: usize>(&mut self, column: I::Vector) -> I::Vector {
        let mut sum = column;
        if const { J > 0 && !S::IS_KEPT[J.saturating_sub(1)] } {
            let by = self.isa.multipliers(I::ACROSS[1]);
            sum = self.isa.fold(self.carried, by, column);
        }
        if const { S::IS_KEPT[J] } {
            return sum;
        }
        self.carried = sum;
        self.isa.multipliers([0, 0])
    }
}

/// Moves all columns to the last one and sums them.
pub(super) struct Gather<'l, I: Isa, const COLUMNS: usize> {
    pub(super) isa: I,
    pub(super) last: &'l mut I::Vector,
}

impl<I: Isa, const COLUMNS: usize> Step<I::Vector> for Gather<'_, I, COLUMNS> {
    #[inline(always)]
    fn step<const J: usize>(&mut self, column: I::Vector) -> I::Vector {
        *self.last = if J == COLUMNS - 1 {
            self.isa.xor(*self.last, column)
        } else {
            let by = self.isa.multipliers(I::ACROSS[COLUMNS - 1 - J]);
            self.isa.fold(column, by, *self.last)
        };
        column
    }
}
