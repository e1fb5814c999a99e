//! Parameters that come from a seed.

use crcheck_harness::platform::rng::SplitMix64;

/// Draws the parameters of one fault.
pub(crate) struct Draw(SplitMix64);

impl Draw {
    /// Faults of one seed draw independently, since each has a stream of its own name.
    pub(crate) fn new(seed: u64, name: &str) -> Self {
        // FNV-1a, 64 bits.
        let label = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        });
        Self(SplitMix64::labelled(seed, label))
    }

    /// A number in `first..=last`.
    pub(crate) fn number(&mut self, first: usize, last: usize) -> usize {
        first + self.0.index(last - first + 1)
    }

    /// One element of `of`, which is not empty.
    pub(crate) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.0.index(of.len())]
    }

    /// A word that is not 0.
    pub(crate) fn word(&mut self) -> u32 {
        (self.0.next_u64() as u32).max(1)
    }

    /// A length in bytes from which a kernel takes another path.
    pub(crate) fn threshold(&mut self) -> usize {
        match self.0.index(4) {
            0 => 0,
            1 => 1 << self.number(4, 10),
            _ => self.number(8, 500),
        }
    }
}
