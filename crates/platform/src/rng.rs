//! SplitMix64: the one source of randomness of plans, bodies and mutations.
//!
//! The stream of a seed is part of the format of saved inputs. So it is written out here, and does
//! not come from a library whose stream may change. Source: Steele, Lea, Flood, "Fast splittable
//! pseudorandom number generators", 2014; constants of Vigna's `splitmix64.c`.

/// The golden-ratio increment between two states.
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// A SplitMix64 generator. Equal seeds give equal streams on every machine.
#[derive(Clone, Debug)]
pub struct SplitMix64 {
    state: u64,
}

impl SplitMix64 {
    /// A generator that starts at `seed`.
    #[inline]
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// A generator for one purpose, `label`, under one seed. Streams of different labels are
    /// independent, so a new consumer does not shift the others.
    #[inline]
    pub fn labelled(seed: u64, label: u64) -> Self {
        let mut parent = Self::new(seed ^ label.wrapping_mul(GAMMA));
        Self::new(parent.next_u64())
    }

    /// The next 64 bits.
    #[inline]
    pub const fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GAMMA);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in `0..bound` (`bound` > 0; the bias of the multiplication is below `bound /
    /// 2^64`).
    #[inline]
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// A length or index in `0..bound` (`bound` > 0).
    #[inline]
    pub fn index(&mut self, bound: usize) -> usize {
        self.below(bound as u64) as usize
    }

    /// Fills `bytes` with the stream, eight bytes per step, little endian on every machine.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let word = self.next_u64().to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_that_of_the_published_generator() {
        // First outputs of splitmix64.c for the seed 1234567.
        let mut rng = SplitMix64::new(1_234_567);
        let got: Vec<u64> = (0..3).map(|_| rng.next_u64()).collect();
        assert_eq!(
            got,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }

    #[test]
    fn labels_give_different_streams() {
        let a = SplitMix64::labelled(1, 1).next_u64();
        let b = SplitMix64::labelled(1, 2).next_u64();
        assert_ne!(a, b);
    }

    #[test]
    fn below_stays_below() {
        let mut rng = SplitMix64::new(1);
        let seen: Vec<u64> = (0..1000).map(|_| rng.below(3)).collect();
        assert!(seen.iter().all(|&n| n < 3));
        assert!((0..3).all(|n| seen.contains(&n)));
    }
}
