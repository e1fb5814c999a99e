//! Where a message lies: its alignment, and its flush side.

use std::fmt;
use std::str::FromStr;

/// Which side of a message is flush against an inaccessible page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GuardSide {
    /// Neither: there is slack on both sides.
    #[default]
    None,
    /// The side of the first byte: alignment 0.
    Start,
    /// The side of the last byte: alignment -length mod 64.
    End,
    /// Neither, and the start lies in the last 64 bytes of a page whose next page is mapped.
    Cross,
}

impl GuardSide {
    /// Every side, in the order of their numbers in the input format.
    pub const ALL: [Self; 4] = [Self::None, Self::Start, Self::End, Self::Cross];

    /// The side as reports and artifacts write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Start => "start",
            Self::End => "end",
            Self::Cross => "cross",
        }
    }
}

impl fmt::Display for GuardSide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for GuardSide {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|side| side.name() == name);
        found.ok_or_else(|| format!("no guard side is called `{name}` (none, start, end, cross)"))
    }
}

/// Where a message lies: its start modulo 64, and its flush side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Placement {
    /// The start modulo 64 that the plan asks for; the sides `start` and `end` determine it
    /// themselves.
    pub offset: usize,
    /// The flush side.
    pub guard: GuardSide,
}

impl Placement {
    /// A message at alignment `offset` (mod 64) with slack on both sides.
    #[inline]
    pub const fn aligned(offset: usize) -> Self {
        Self {
            offset: offset % 64,
            guard: GuardSide::None,
        }
    }

    /// A message with this flush side, at alignment 0 where the side leaves a choice.
    #[inline]
    pub const fn flush(guard: GuardSide) -> Self {
        Self { offset: 0, guard }
    }

    /// The start modulo 64 of a message of `len_bytes`.
    #[inline]
    pub const fn alignment(self, len_bytes: usize) -> usize {
        match self.guard {
            GuardSide::None | GuardSide::Cross => self.offset % 64,
            GuardSide::Start => 0,
            GuardSide::End => len_bytes.wrapping_neg() % 64,
        }
    }
}
