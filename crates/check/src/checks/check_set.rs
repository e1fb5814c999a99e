//! A set of checks of a table.

use super::check::Check;
use super::{CHECKS, CheckTable};
use crate::case::Case;
use crate::examiner::Examiner;
use crate::finding::Finding;
use crcheck_subject::CheckId;
use std::fmt;

/// The checks of a table that are on.
#[derive(Clone, Copy)]
pub struct CheckSet {
    table: CheckTable,
    /// Bit i stands for the check in row i.
    on: u64,
}

impl CheckSet {
    /// None of [`CHECKS`].
    pub const fn none() -> Self {
        Self {
            table: CHECKS,
            on: 0,
        }
    }

    /// All of [`CHECKS`].
    pub fn all() -> Self {
        Self::of(CHECKS)
    }

    /// All of a table.
    ///
    /// # Panics
    /// If it has more than 64 rows.
    pub fn of(table: CheckTable) -> Self {
        assert!(table.len() <= 64, "a table of at most 64 checks");
        Self { table, on: 0 }.filter(|_| true)
    }

    /// The rows of the table for which `is_on` holds.
    #[must_use]
    pub fn filter(self, is_on: impl Fn(&Check) -> bool) -> Self {
        let rows = self.table.iter().enumerate();
        let on = rows.filter(|(_, check)| is_on(check));
        let on = on.fold(0, |on, (row, _)| on | 1 << row);
        Self { on, ..self }
    }

    /// The set with `check`, if the table has it.
    #[must_use]
    pub fn with(self, check: CheckId) -> Self {
        self.filter(|row| row.id == check || self.contains(row.id))
    }

    /// The set without `check`.
    #[must_use]
    pub fn without(self, check: CheckId) -> Self {
        self.filter(|row| row.id != check && self.contains(row.id))
    }

    /// The set of `check` alone.
    #[must_use]
    pub fn only(self, check: CheckId) -> Self {
        self.filter(|row| row.id == check)
    }

    /// Whether `check` is on.
    pub fn contains(self, check: CheckId) -> bool {
        self.iter().any(|row| row.id == check)
    }

    /// Whether none is on.
    pub const fn is_empty(self) -> bool {
        self.on == 0
    }

    /// The checks that are on, in the order of the table.
    pub fn iter(self) -> impl Iterator<Item = &'static Check> {
        let rows = self.table.iter().enumerate();
        rows.filter_map(move |(row, check)| (self.on >> row & 1 == 1).then_some(*check))
    }

    /// The row of the table that has this id, whether it is on or not.
    pub fn row(self, check: CheckId) -> Option<&'static Check> {
        self.table.iter().copied().find(|row| row.id == check)
    }

    /// Judges a case whose expected checksum is `expected` by those of these checks that suit the
    /// subject, and hands each finding to `found`.
    pub fn examine(
        self,
        examiner: &mut Examiner<'_>,
        case: &Case,
        expected: u64,
        found: &mut dyn FnMut(Finding),
    ) {
        for check in self.iter() {
            if (check.unsuited)(examiner.capabilities()).is_none() {
                (check.examine)(examiner, case, expected, found);
            }
        }
    }
}

impl fmt::Debug for CheckSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.iter().map(|check| check.id))
            .finish()
    }
}

impl PartialEq for CheckSet {
    fn eq(&self, other: &Self) -> bool {
        self.iter()
            .map(|check| check.id)
            .eq(other.iter().map(|check| check.id))
    }
}

impl FromIterator<CheckId> for CheckSet {
    /// These of [`CHECKS`].
    fn from_iter<T: IntoIterator<Item = CheckId>>(checks: T) -> Self {
        checks.into_iter().fold(Self::none(), Self::with)
    }
}
