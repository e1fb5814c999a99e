//! Drawing from a seed.

use crcheck_harness::platform::rng::SplitMix64;
use std::ops::Range;
use std::time::Duration;

/// A stream of choices.
pub(crate) struct Draw(SplitMix64);

impl Draw {
    /// The stream of the draw `index` under `seed`.
    pub(crate) fn new(seed: u64, index: u64) -> Self {
        Self(SplitMix64::labelled(seed, index))
    }

    pub(crate) fn number(&mut self, range: Range<u64>) -> u64 {
        range.start + self.0.below(range.end - range.start)
    }

    pub(crate) fn index(&mut self, bound: usize) -> usize {
        self.0.index(bound)
    }

    pub(crate) fn time(&mut self, most: Duration) -> Duration {
        let most = most.as_millis() as u64;
        let is_short = self.one_in(2);
        Duration::from_millis(if is_short {
            self.small(most)
        } else {
            self.number(0..most)
        })
    }

    pub(crate) fn one_of<'t, T>(&mut self, things: &'t [T]) -> &'t T {
        &things[self.0.index(things.len())]
    }

    /// True in one of `parts` draws.
    pub(crate) fn one_in(&mut self, parts: u64) -> bool {
        self.0.below(parts) == 0
    }

    /// A number that is small more often than large, below `bound`.
    pub(crate) fn small(&mut self, bound: u64) -> u64 {
        let bits = self.number(0..u64::from(64 - bound.leading_zeros()));
        self.number(0..1 << bits)
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.0.fill(&mut bytes);
        bytes
    }
}
