//! Where a message lies: its alignment, and its flush side.

use crate::mapping::page_bytes;
use std::fmt;
use std::ops::Range;
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

/// Where a message lies: its start in a page, and its flush side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Placement {
    /// The start modulo 64 that the plan asks for; the sides `start` and `end` determine it
    /// themselves. With the side `none` it counts from the start of a page, so 64 and more stand
    /// for a start further inside: plans ask for less.
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

    /// The start of a message of `len_bytes` modulo the size of a page.
    pub fn start_in_page(self, len_bytes: usize) -> usize {
        let page_bytes = page_bytes();
        match self.guard {
            GuardSide::None => self.offset % page_bytes,
            GuardSide::Cross => page_bytes - 64 + self.offset % 64,
            GuardSide::Start => 0,
            GuardSide::End => len_bytes.wrapping_neg() % page_bytes,
        }
    }

    /// Where a part of a message of `len_bytes` lies: at the same place in its page, and flush at
    /// the same side if it reaches that.
    #[must_use]
    pub fn of_part(self, len_bytes: usize, part: &Range<usize>) -> Self {
        let is_kept = match self.guard {
            GuardSide::None => false,
            GuardSide::Start | GuardSide::Cross => part.start == 0,
            GuardSide::End => part.end == len_bytes,
        };
        if is_kept {
            return self;
        }
        Self {
            offset: (self.start_in_page(len_bytes) + part.start) % page_bytes(),
            guard: GuardSide::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Otherwise a call on the part alone would be another call.
    #[test]
    fn a_part_lies_where_it_lay_in_the_whole() {
        for guard in GuardSide::ALL {
            for offset in [0, 1, 63] {
                let whole = Placement { offset, guard };
                for (len_bytes, part) in [
                    (100, 0..100),
                    (100, 0..40),
                    (100, 40..100),
                    (5000, 4500..4600),
                ] {
                    let placed = whole.of_part(len_bytes, &part);
                    let start = whole.start_in_page(len_bytes) + part.start;
                    assert_eq!(placed.start_in_page(part.len()), start % page_bytes());
                    assert_eq!(placed.alignment(part.len()), start % 64);
                }
            }
        }
        let flush = Placement::flush(GuardSide::End);
        assert_eq!(flush.of_part(100, &(40..100)), flush);
        assert_eq!(flush.of_part(100, &(0..40)).guard, GuardSide::None);
    }
}
