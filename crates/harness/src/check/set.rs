//! A set of checks.

use super::CheckId;

/// Which checks are on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckSet(u16);

impl CheckSet {
    /// None.
    pub const EMPTY: Self = Self(0);

    /// All of them.
    pub fn all() -> Self {
        CheckId::ALL.iter().copied().collect()
    }

    /// With `check`.
    #[must_use]
    pub const fn with(self, check: CheckId) -> Self {
        Self(self.0 | 1 << check as u16)
    }

    /// Without `check`.
    #[must_use]
    pub const fn without(self, check: CheckId) -> Self {
        Self(self.0 & !(1 << check as u16))
    }

    /// Whether `check` is on.
    pub const fn contains(self, check: CheckId) -> bool {
        self.0 >> check as u16 & 1 == 1
    }

    /// The checks, in the order of [`CheckId::ALL`].
    pub fn iter(self) -> impl Iterator<Item = CheckId> {
        CheckId::ALL
            .iter()
            .copied()
            .filter(move |&check| self.contains(check))
    }
}

impl FromIterator<CheckId> for CheckSet {
    fn from_iter<T: IntoIterator<Item = CheckId>>(checks: T) -> Self {
        checks.into_iter().fold(Self::EMPTY, Self::with)
    }
}
