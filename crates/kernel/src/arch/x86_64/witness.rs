//! From a tier's witness into its code.

/// A tier's witness: a type whose value proves that the CPU was asked, and the code that is
/// compiled for the tier's features.
macro_rules! witness {
    ($(#[$doc:meta])* $name:ident, $tier:ident, $features:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub(crate) struct $name(());

        impl $name {
            /// The features that `entry` is compiled for.
            #[cfg(test)]
            pub(crate) const COMPILED_FOR: &'static str = $features;

            /// The witness, if the CPU has what the tier requires.
            pub(crate) fn witness(features: crate::cpu::Features) -> Option<Self> {
                let required = crate::selection::Tier::$tier.required();
                features.contains_all(required).then_some(Self(()))
            }

            /// The checksum after `message`. Not inlined, so that every caller runs the same code.
            ///
            /// # Safety
            /// [`Self::witness`] must have answered `Some` before in this process: it asks for what
            /// the tier requires, which a test compares with `COMPILED_FOR`.
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
            /// As for [`Self::entry`].
            #[cfg(feature = "testing")]
            #[target_feature(enable = $features)]
            pub(crate) unsafe fn counted(checksum: u32, message: &[u8]) -> u32 {
                crate::entry_counter::count(crate::selection::Tier::$tier);
                // SAFETY: the caller vouches for the witness.
                unsafe { Self::entry(checksum, message) }
            }

            /// [`Self::entry`] as a function of the C ABI. Its address can be had without the
            /// witness, for an interpreter.
            ///
            /// # Safety
            /// As for [`Self::entry`]; `message` is valid for reads of `len_bytes`.
            #[cfg(feature = "testing")]
            #[target_feature(enable = $features)]
            pub(crate) unsafe extern "C" fn raw(
                checksum: u32,
                message: *const u8,
                len_bytes: usize,
            ) -> u32 {
                // SAFETY: the caller vouches for the message.
                let message = unsafe { core::slice::from_raw_parts(message, len_bytes) };
                // SAFETY: the caller vouches for the witness.
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
pub(super) use witness;
