//! The tiers of aarch64.

// The leaves are compiled without the features and inlined into the entries, which have them; the
// intrinsics follow there.
#![allow(unknown_lints, inline_always_mismatching_target_features)]

mod crc;
pub(crate) mod detect;
mod lane;
mod pmull;
mod pmull_eor3;

pub(crate) use crc::Crc;
pub(crate) use pmull::Pmull;
pub(crate) use pmull_eor3::PmullEor3;

/// The operations on vectors of one lane, and on the lane, which are the same for every witness that
/// has PMULL: all but [`Isa::lane_fold`](crate::arch::Isa::lane_fold).
macro_rules! lane_operations {
    () => {
        type Vector = uint64x2_t;
        type Block = [u8; 16];
        type Lane = uint64x2_t;

        const VECTOR_BYTES: usize = 16;
        const WIDE: bool = true;

        #[inline(always)]
        fn vectors(message: &[u8]) -> (&[[u8; 16]], &[u8]) {
            message.as_chunks()
        }

        #[inline(always)]
        fn load(self, block: &[u8; 16]) -> uint64x2_t {
            lane::load(block)
        }

        #[inline(always)]
        fn xor_register(self, vector: uint64x2_t, register: u32) -> uint64x2_t {
            lane::xor(vector, lane::pair([register.into(), 0]))
        }

        #[inline(always)]
        fn multipliers(self, multipliers: [u64; 2]) -> uint64x2_t {
            lane::pair(multipliers)
        }

        #[inline(always)]
        fn fold(self, accumulator: uint64x2_t, by: uint64x2_t, next: uint64x2_t) -> uint64x2_t {
            self.lane_fold(accumulator, by, next)
        }

        #[inline(always)]
        fn load_last(self, block: &[u8; 16], count: usize) -> uint64x2_t {
            lane::load_last(block, count)
        }

        #[inline(always)]
        fn weights(self, weights: &[u64; 8]) -> uint64x2_t {
            lane::pair([weights[0], weights[1]])
        }

        #[inline(always)]
        fn xor(self, a: uint64x2_t, b: uint64x2_t) -> uint64x2_t {
            lane::xor(a, b)
        }

        #[inline(always)]
        fn sum(self, vector: uint64x2_t) -> uint64x2_t {
            vector
        }

        #[inline(always)]
        fn lane_load(self, bytes: &[u8; 16]) -> uint64x2_t {
            lane::load(bytes)
        }

        #[inline(always)]
        fn lane(self, word: u128) -> uint64x2_t {
            lane::pair([word as u64, (word >> 64) as u64])
        }

        #[inline(always)]
        fn word(self, lane: uint64x2_t) -> u128 {
            lane::to_word(lane)
        }

        #[inline(always)]
        fn lane_xor(self, a: uint64x2_t, b: uint64x2_t) -> uint64x2_t {
            lane::xor(a, b)
        }

        #[inline(always)]
        fn lane_load_last(self, bytes: &[u8; 16], count: usize) -> uint64x2_t {
            lane::load_last(bytes, count)
        }

        #[inline(always)]
        fn lane_multipliers(self, multipliers: [u64; 2]) -> uint64x2_t {
            lane::pair(multipliers)
        }

        #[inline(always)]
        fn clmul(self, a: u64, b: u64) -> u128 {
            // SAFETY: `self` exists only if the CPU has PMULL: `witness` asks for it.
            unsafe { lane::clmul(a, b) }
        }
    };
}
use lane_operations;

/// A tier's witness, and the way from it into the code that is compiled for its features.
macro_rules! tier {
    ($(#[$doc:meta])* $name:ident, $tier:expr, $features:literal, $algorithm:path) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub(crate) struct $name(());

        impl $name {
            /// The features that `entry` is compiled for.
            #[cfg(test)]
            pub(crate) const COMPILED_FOR: &'static str = $features;

            /// The witness, if the CPU has what the tier requires.
            pub(crate) fn witness(features: crate::cpu::Features) -> Option<Self> {
                features.contains_all($tier.required()).then_some(Self(()))
            }

            /// The checksum after `message`. Not inlined, so that it is the same code wherever it is called from.
            ///
            /// # Safety
            /// [`Self::witness`] must have answered `Some` before in this process, which asked for what the tier
            /// requires; a test holds that against `COMPILED_FOR`.
            #[target_feature(enable = $features)]
            #[inline(never)]
            pub(crate) unsafe fn entry(checksum: u32, message: &[u8]) -> u32 {
                $algorithm(Self(()), checksum, message)
            }

            /// [`Self::entry`], counted.
            ///
            /// # Safety
            /// As there.
            #[cfg(feature = "testing")]
            #[target_feature(enable = $features)]
            pub(crate) unsafe fn counted(checksum: u32, message: &[u8]) -> u32 {
                crate::tier::count_entered($tier);
                // SAFETY: the caller vouches for it.
                unsafe { Self::entry(checksum, message) }
            }
        }
    };
}
use tier;

#[cfg(test)]
mod tests {
    use super::{Crc, Pmull, PmullEor3};
    use crate::cpu::{Feature, Features};
    use crate::{Kernel, Tier};

    /// What a tier requires is what its code is compiled for. A compiler's `aes` is FEAT_AES and
    /// FEAT_PMULL, and so is our `pmull`.
    #[test]
    fn a_tier_requires_what_it_is_compiled_for() {
        let pairs = [
            (Tier::Aarch64Crc, Crc::COMPILED_FOR),
            (Tier::Aarch64Pmull, Pmull::COMPILED_FOR),
            (Tier::Aarch64PmullEor3, PmullEor3::COMPILED_FOR),
        ];
        for (tier, compiled_for) in pairs {
            let names = compiled_for.split(',').filter(|name| *name != "neon");
            let features: Features = names
                .map(|name| if name == "aes" { "pmull" } else { name })
                .map(|name| name.parse::<Feature>().expect("a feature"))
                .collect();
            assert_eq!(tier.required(), features, "{tier}");
            let fits = Features::of_the_machine().contains_all(features);
            assert_eq!(tier.kernel().map(Kernel::tier), fits.then_some(tier));
        }
    }
}
