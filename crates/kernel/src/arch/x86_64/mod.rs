//! The tiers of x86-64.

mod avx2_pclmul;
mod avx2_vpclmul;
mod avx512_vpclmul;
mod avx512_vpclmul_gfni;
pub(crate) mod detect;
mod lane;
mod masks;
mod pclmul;
mod zmm;

pub(crate) use avx2_pclmul::Avx2Pclmul;
pub(crate) use avx2_vpclmul::Avx2Vpclmul;
pub(crate) use avx512_vpclmul::Avx512Vpclmul;
pub(crate) use avx512_vpclmul_gfni::Avx512VpclmulGfni;
pub(crate) use pclmul::Pclmul;

/// The operations on one lane, which are the same for every witness of the module's tiers.
macro_rules! lane_operations {
    () => {
        #[inline(always)]
        fn prefetch(self, address: *const u8) {
            lane::prefetch(address);
        }

        #[inline(always)]
        fn lane_load(self, bytes: &[u8; 16]) -> __m128i {
            lane::load(bytes)
        }

        #[inline(always)]
        fn lane_load_last(self, bytes: &[u8; 16], count: usize) -> __m128i {
            lane::load_last(bytes, count)
        }

        #[inline(always)]
        fn lane(self, word: u128) -> __m128i {
            lane::from_word(word)
        }

        #[inline(always)]
        fn word(self, lane: __m128i) -> u128 {
            lane::to_word(lane)
        }

        #[inline(always)]
        fn lane_xor(self, a: __m128i, b: __m128i) -> __m128i {
            lane::xor(a, b)
        }

        #[inline(always)]
        fn lane_multipliers(self, multipliers: [u64; 2]) -> __m128i {
            lane::pair(multipliers)
        }

        #[inline(always)]
        fn lane_fold(self, accumulator: __m128i, by: __m128i, next: __m128i) -> __m128i {
            // SAFETY: `self` exists only if the CPU has PCLMULQDQ: `witness` asks for it.
            unsafe { lane::fold(accumulator, by, next) }
        }

        #[inline(always)]
        fn clmul(self, a: u64, b: u64) -> u128 {
            // SAFETY: as in `lane_fold`.
            unsafe { lane::clmul(a, b) }
        }

        #[inline(always)]
        fn lane_weights(self, weights: &[u64; 8]) -> __m128i {
            lane::load_words(weights.first_chunk().expect("a row has two weights"))
        }

        #[inline(always)]
        fn lane_clmul_low_low(self, a: __m128i, b: __m128i) -> __m128i {
            // SAFETY: as in `lane_fold`.
            unsafe { lane::clmul_words::<0x00>(a, b) }
        }

        #[inline(always)]
        fn lane_clmul_low_high(self, a: __m128i, b: __m128i) -> __m128i {
            // SAFETY: as in `lane_fold`.
            unsafe { lane::clmul_words::<0x10>(a, b) }
        }
    };
}
use lane_operations;
use zmm::zmm_operations;

/// A tier's witness, and the way from it into the code that is compiled for its features.
macro_rules! tier {
    ($(#[$doc:meta])* $name:ident, $tier:expr, $features:literal) => {
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
                let isa = Self(());
                crate::fold::update_or(isa, checksum, message, |checksum, message| {
                    isa.long(checksum, message)
                })
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

            #[target_feature(enable = $features)]
            #[inline(never)]
            fn long(self, checksum: u32, message: &[u8]) -> u32 {
                crate::fold::long(self, checksum, message)
            }
        }
    };
}
use tier;

#[cfg(test)]
mod tests {
    use super::{Avx2Pclmul, Avx2Vpclmul, Avx512Vpclmul, Avx512VpclmulGfni, Pclmul};
    use crate::cpu::{Feature, Features};
    use crate::{Kernel, Tier};

    /// What a tier requires is what its code is compiled for: less would be an illegal instruction
    /// on some CPU, more a CPU that goes without.
    #[test]
    fn a_tier_requires_what_it_is_compiled_for() {
        let pairs = [
            (Tier::X86Pclmul, Pclmul::COMPILED_FOR),
            (Tier::X86Avx2Pclmul, Avx2Pclmul::COMPILED_FOR),
            (Tier::X86Avx2Vpclmul, Avx2Vpclmul::COMPILED_FOR),
            (Tier::X86Avx512Vpclmul, Avx512Vpclmul::COMPILED_FOR),
            (Tier::X86Avx512VpclmulGfni, Avx512VpclmulGfni::COMPILED_FOR),
        ];
        for (tier, compiled_for) in pairs {
            let names = compiled_for.split(',');
            let features: Features = names
                .map(|name| name.parse::<Feature>().expect("a feature"))
                .collect();
            assert_eq!(tier.required(), features, "{tier}");
            let fits = Features::of_the_machine().contains_all(features);
            assert_eq!(tier.kernel().map(Kernel::tier), fits.then_some(tier));
        }
    }
}
