//! What a check visited, in the few facts that a bound and a certificate state.
//!
//! They come from the cells alone, never from the plan: a plan may be scaled to a slow subject, or
//! stopped.

use super::cell_map::{CellMap, SINGLE_TO};
use super::cells::CellSet;
use crcheck_platform::message_memory::Placement;
use serde::Serialize;
use std::fmt;

/// The lengths and alignments that a check visited.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Visited {
    /// The lengths from 0 on that have several alignments or random messages each; `None` if the
    /// check did not visit length 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dense: Option<Dense>,
    /// It visited every length up to this, at one alignment at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every_length_to: Option<usize>,
    /// How many further lengths it visited.
    pub lengths_beyond: usize,
    /// The longest message in bytes; `None` if there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest: Option<usize>,
    /// How many starts in the last bytes of a page it visited.
    pub crossing_starts: usize,
    /// The lengths that were drawn at random.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drawn: Option<Drawn>,
    /// Whether it made calls with a null pointer and length 0.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub null_pointer: bool,
}

/// Every length from 0 to `to` was visited at this number of alignments or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Dense {
    /// The last of the lengths, in bytes.
    pub to: usize,
    /// The alignments of each, modulo 64.
    pub alignments: usize,
    /// The fewest random messages at one of these lengths and alignments; `None` if the check does
    /// not count them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messages: Option<u16>,
}

/// Lengths that were drawn at random: each doubling of the length as often as the others, and each
/// length of a doubling as often as the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Drawn {
    /// How many were drawn and visited.
    pub lengths: usize,
    /// All are longer, in bytes.
    pub beyond: usize,
    /// None is longer, in bytes.
    pub to: usize,
}

impl Drawn {
    /// How many doublings they come from.
    pub fn doublings(&self) -> u32 {
        (self.to / self.beyond).ilog2()
    }

    /// The share of the lengths of one doubling that a fault must be wrong at, so that no wrong
    /// length is drawn with a probability of at most `2^log2`; 1 if no share is enough.
    pub fn share_at(&self, log2: f64) -> f64 {
        // With the share s of one of d doublings, n draws miss with (1 - s/d)^n.
        let missed_by_one = (log2 / self.lengths as f64).exp2();
        (f64::from(self.doublings()) * (1.0 - missed_by_one)).min(1.0)
    }
}

/// How many random messages each cell has: a length up to 4096 and an alignment.
#[derive(Debug, Default)]
pub(crate) struct MessageCounts(Vec<[u16; 64]>);

impl MessageCounts {
    /// Counts one message at each of these lengths.
    pub(crate) fn count(&mut self, lengths: &[usize], placement: Placement) {
        for &length in lengths.iter().filter(|&&length| length <= SINGLE_TO) {
            if length >= self.0.len() {
                self.0.resize(length + 1, [0; 64]);
            }
            let count = &mut self.0[length][placement.alignment(length)];
            *count = count.saturating_add(1);
        }
    }

    /// The lengths from 0 on with a message at every alignment that length 0 has.
    fn dense(&self) -> Option<Dense> {
        let of_zero = self.0.first()?;
        let alignments: Vec<usize> = (0..64).filter(|&at| of_zero[at] > 0).collect();
        let fewest = |counts: &[u16; 64]| alignments.iter().map(|&at| counts[at]).min();
        let fewest = self
            .0
            .iter()
            .map_while(|row| fewest(row).filter(|&n| n > 0));
        let fewest: Vec<u16> = fewest.collect();
        Some(Dense {
            to: fewest.len().checked_sub(1)?,
            alignments: alignments.len(),
            messages: fewest.into_iter().min(),
        })
    }
}

/// The lengths from 0 on that were visited at as many alignments as length 0.
fn dense_of(map: &CellMap) -> Option<Dense> {
    let alignments = map.alignments().next().filter(|&count| count > 0)?;
    let dense = map.alignments().take_while(|&count| count >= alignments);
    Some(Dense {
        to: dense.count() - 1,
        alignments,
        messages: None,
    })
}

impl Visited {
    pub(crate) fn new(
        cells: &CellSet,
        map: &CellMap,
        messages: &MessageCounts,
        drawn: Option<Drawn>,
    ) -> Self {
        let lengths = cells.lengths();
        Self {
            dense: messages.dense().or_else(|| dense_of(map)),
            every_length_to: lengths.every_to,
            lengths_beyond: lengths.beyond,
            longest: lengths.longest,
            crossing_starts: cells.crossing_starts(),
            drawn,
            null_pointer: false,
        }
    }

    /// The lengths in words: the dense ones with `each` behind them, every length, those beyond.
    pub fn lengths_in_words(&self, each: &str) -> String {
        let (dense, every) = self.dense_and_every();
        let dense = dense.map(|dense| format!("{dense}{each}"));
        let every = every.map(|to| format!("every length to {to} at one alignment or more"));
        let drawn = self.drawn.map(|drawn| drawn.to_string());
        let parts = [dense, every, self.beyond_in_words(), drawn];
        parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
    }

    /// The dense lengths, and how far every length goes if that says more. Lengths that have one
    /// alignment and one message at least, as the dense ones do, are among those.
    pub fn dense_and_every(&self) -> (Option<Dense>, Option<usize>) {
        let dense_to = self.dense.map(|dense| dense.to);
        let every = self.every_length_to.filter(|&to| Some(to) > dense_to);
        match (self.dense, every) {
            (Some(dense), Some(to))
                if dense.alignments == 1 && dense.messages.is_none_or(|count| count == 1) =>
            {
                (Some(Dense { to, ..dense }), None)
            }
            apart => apart,
        }
    }

    /// The lengths beyond every length, in words; `None` if there are none.
    pub fn beyond_in_words(&self) -> Option<String> {
        let to = readable_bytes(self.longest.filter(|_| self.lengths_beyond > 0)? as u64);
        let lengths = match self.lengths_beyond {
            1 => "1 length".to_owned(),
            more => format!("{more} lengths"),
        };
        Some(format!("{lengths} beyond, to {to}"))
    }
}

impl fmt::Display for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            lengths, beyond, ..
        } = self;
        let were = if *lengths == 1 { "was" } else { "were" };
        write!(
            f,
            "{lengths} of the lengths above {beyond} bytes {were} drawn at random"
        )
    }
}

impl fmt::Display for Dense {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (to, at) = (self.to, alignments_in_words(self.alignments));
        write!(f, "every length 0..={to} at {at}")
    }
}

/// How many of the 64 alignments, in words.
pub fn alignments_in_words(alignments: usize) -> String {
    match alignments {
        1 => "one alignment".to_owned(),
        64 => "all 64 alignments".to_owned(),
        some => format!("{some} alignments"),
    }
}

/// In MiB if that is whole, and by the power of two that it is near if it does not fit a signed
/// integer of 32 bits.
pub fn readable_bytes(len_bytes: u64) -> String {
    const MIB: u64 = 1 << 20;
    if len_bytes >= (1 << 31) - 1 {
        format!("{} bytes", length_in_powers(len_bytes))
    } else if len_bytes > 0 && len_bytes.is_multiple_of(MIB) {
        format!("{} MiB", len_bytes / MIB)
    } else {
        format!("{len_bytes} bytes")
    }
}

/// A length, written by the power of two that it is near.
pub fn length_in_powers(length: u64) -> String {
    let power = length.checked_ilog2().unwrap_or(0);
    let below = 1_u64 << power;
    let above = below.checked_mul(2);
    if let Some(above) = above
        && above - length <= 64
    {
        return format!("2^{} - {}", power + 1, above - length);
    }
    match length - below {
        0 => format!("2^{power}"),
        1..=64 => format!("2^{power} + {}", length - below),
        _ if length.is_multiple_of(1 << 30) => format!("{} * 2^30", length >> 30),
        _ => length.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One message at one alignment is what every length has.
    #[test]
    fn lengths_are_said_once_unless_the_short_ones_have_more() {
        let words = |alignments, messages| {
            let visited = Visited {
                dense: Some(Dense {
                    to: 4096,
                    alignments,
                    messages,
                }),
                every_length_to: Some(4097),
                ..Visited::default()
            };
            visited.lengths_in_words("")
        };
        for messages in [None, Some(1)] {
            assert_eq!(words(1, messages), "every length 0..=4097 at one alignment");
        }
        for (alignments, messages) in [(1, Some(2)), (4, None)] {
            let said = words(alignments, messages);
            assert!(
                said.starts_with("every length 0..=4096 at ")
                    && said.ends_with("; every length to 4097 at one alignment or more"),
                "{said}"
            );
        }
    }

    #[test]
    fn a_length_near_a_power_is_written_by_it() {
        for (length, text) in [
            ((1 << 31) - 1, "2^31 - 1"),
            (1 << 32, "2^32"),
            ((1 << 32) + 64, "2^32 + 64"),
            (5 << 30, "5 * 2^30"),
            (1000, "2^10 - 24"),
            (1500, "1500"),
        ] {
            assert_eq!(length_in_powers(length), text);
        }
    }
}
