//! Bytes of a message, named so that every message has its own: "the last 16 bytes".

use crate::call::Call;
use crate::number_list::the_bytes;
use std::fmt;
use std::ops::Range;

/// A rule that names bytes of any message. All sizes and places are in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Region {
    /// `width` bytes from index `first` on.
    FromStart { first: usize, width: usize },
    /// `width` bytes that end `behind` bytes before the end.
    FromEnd { behind: usize, width: usize },
    /// All from index `first` on, except the last `behind`.
    Between { first: usize, behind: usize },
    /// The whole blocks of `modulus` bytes.
    Blocks { modulus: usize },
    /// The bytes after the last whole block of `modulus` bytes.
    Tail { modulus: usize },
    /// The first `width` of each `period` bytes from index `first` on. At least `behind` bytes
    /// follow the last of them.
    Periodic {
        first: usize,
        width: usize,
        period: usize,
        behind: usize,
    },
    /// The last `width` of each `period` bytes, back from `behind` bytes before the end of the last
    /// whole block.
    Backward {
        behind: usize,
        width: usize,
        period: usize,
        extent: Extent,
        anchor: Anchor,
    },
}

/// How far back the periods of [`Region::Backward`] go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// This many periods.
    Count(usize),
    /// As far as whole loop bodies go. They end with the last whole block and leave at least one
    /// block before them.
    Bodies {
        /// The size of a body.
        bytes: usize,
        /// The index in the first body from which bytes count.
        lead: usize,
    },
}

/// Where whole blocks of 64 bytes begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// At the start of the message.
    Message,
    /// At addresses that are a multiple of 64.
    Address,
}

/// The bytes of the largest vector: loops over long messages step by it.
const BLOCK_BYTES: usize = 64;

impl Anchor {
    /// The whole blocks of a message of this length at this address.
    fn whole_blocks(self, length: usize, start: usize) -> Range<usize> {
        let first = match self {
            Self::Message => 0,
            Self::Address => start.wrapping_neg() % BLOCK_BYTES,
        };
        let first = first.min(length);
        first..length - (length - first) % BLOCK_BYTES
    }
}

impl Extent {
    /// An upper bound of the number of periods.
    fn count_max(self) -> usize {
        match self {
            Self::Count(count) => count,
            Self::Bodies { .. } => usize::MAX,
        }
    }

    /// The index before which no bytes count.
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

/// Runs of neighbouring bytes, by their first index and the index after their last.
pub(crate) type Runs = Vec<(usize, usize)>;

/// The regions that consist of exactly these runs in the message of `base`.
pub(crate) fn candidates(runs: &Runs, base: &Call) -> Vec<Region> {
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
        regions.extend(ends_of_blocks(first..end, length));
        regions.extend(backward(runs, width, base));
        return regions;
    }
    let period = runs[1].0 - first;
    let is_periodic = runs.windows(2).all(|pair| pair[1].0 - pair[0].0 == period)
        && runs.iter().all(|(from, to)| to - from == width);
    if !is_periodic {
        return Vec::new();
    }
    // A kernel may leave any room behind the last run that holds no further run.
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

/// Sizes of blocks, which a loop steps by.
const MODULI: [usize; 6] = [2, 4, 8, 16, 32, 64];

/// All whole blocks or the tail behind them, if these are the bytes.
fn ends_of_blocks(bytes: Range<usize>, length: usize) -> Vec<Region> {
    let all = MODULI
        .into_iter()
        .flat_map(|modulus| [Region::Blocks { modulus }, Region::Tail { modulus }]);
    all.filter(|region| region.ranges(length, 0) == [bytes.clone()])
        .collect()
}

/// The regions that count back from the end, for runs at a distance of `period`.
fn backward(runs: &Runs, period: usize, base: &Call) -> Vec<Region> {
    let (first, end) = runs[0];
    let last = runs[runs.len() - 1].1;
    let mut regions = Vec::new();
    for anchor in [Anchor::Message, Anchor::Address] {
        let whole = anchor.whole_blocks(base.length(), base.start());
        let Some(behind) = whole.end.checked_sub(last) else {
            continue;
        };
        // The body of an unrolled loop holds one period or more.
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
    /// Whether it is one byte of any message.
    pub(crate) fn is_one_byte(&self) -> bool {
        matches!(
            self,
            Self::FromStart { width: 1, .. } | Self::FromEnd { width: 1, .. }
        )
    }

    /// Its bytes in a message of this length at this address, as ascending ranges.
    pub(crate) fn ranges(&self, length: usize, start: usize) -> Vec<Range<usize>> {
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
            Self::Blocks { modulus } => 0..length - length % modulus,
            Self::Tail { modulus } => length - length % modulus..length,
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
                let whole = anchor.whole_blocks(length, start);
                let begin = extent.begin(&whole);
                let range = |index: usize| {
                    let end = whole.end.checked_sub(behind + index * period)?;
                    let first = end.checked_sub(width)?;
                    (first >= begin).then_some(first..end)
                };
                let mut ranges: Vec<_> = (0..extent.count_max()).map_while(range).collect();
                ranges.reverse();
                return ranges;
            }
        };
        std::iter::once(one).collect()
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FromStart { first: 0, width } => write!(f, "the first {}", the_bytes(*width)),
            Self::FromStart { first, width: 1 } => write!(f, "byte {first}"),
            Self::FromStart { first, width } => {
                write!(f, "bytes {first} to {}", first + width - 1)
            }
            Self::FromEnd { behind: 0, width } => write!(f, "the last {}", the_bytes(*width)),
            Self::FromEnd { behind, width: 1 } => {
                write!(f, "the byte that ends {behind} before the end")
            }
            Self::FromEnd { behind, width } => {
                write!(f, "the {width} bytes that end {behind} before the end")
            }
            Self::Between {
                first: 0,
                behind: 0,
            } => f.write_str("all bytes"),
            Self::Between { first, behind: 0 } => {
                write!(f, "all but the first {}", the_bytes(*first))
            }
            Self::Between { first: 0, behind } => {
                write!(f, "all but the last {}", the_bytes(*behind))
            }
            Self::Between { first, behind } => {
                write!(
                    f,
                    "all but the first {first} and the last {}",
                    the_bytes(*behind)
                )
            }
            Self::Blocks { modulus } => write!(f, "the bytes of whole blocks of {modulus}"),
            Self::Tail { modulus } => write!(f, "the last length % {modulus} bytes"),
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
                        "{count} times {width} of each {period} bytes, \
                         the last of them {behind} before {end}"
                    ),
                    Extent::Bodies { bytes, .. } => write!(
                        f,
                        "{width} of each {period} bytes, \
                         the last of them {behind} before {end}, in whole bodies of {bytes}"
                    ),
                }
            }
        }
    }
}
