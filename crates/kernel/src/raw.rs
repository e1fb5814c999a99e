//! Functions of the C ABI, for an interpreter of machine code. Only addresses leave this module:
//! nothing may call the code of a tier natively unless the CPU has that tier.
//!
//! Each takes the checksum before the message, the message's address, and its length in bytes. It
//! returns the checksum after the message.

use crate::arch::x86_64::{Avx2Pclmul, Avx2Vpclmul, Avx512Vpclmul, Avx512VpclmulGfni, Pclmul};
use crate::cpu::{Feature, Features};
use crate::hasher::Hasher;
use crate::selection::Tier;
use crate::{dispatch, portable};

impl Tier {
    /// The address of the tier's code, whether or not this CPU has the tier; `None` if the tier is
    /// of another architecture.
    pub fn raw_entry(self) -> Option<*const ()> {
        Some(match self {
            Self::Portable => portable_raw as *const (),
            Self::X86Pclmul => Pclmul::raw as *const (),
            Self::X86Avx2Pclmul => Avx2Pclmul::raw as *const (),
            Self::X86Avx2Vpclmul => Avx2Vpclmul::raw as *const (),
            Self::X86Avx512Vpclmul => Avx512Vpclmul::raw as *const (),
            Self::X86Avx512VpclmulGfni => Avx512VpclmulGfni::raw as *const (),
            _ => return None,
        })
    }
}

/// The address of a function that calls the dispatcher as users do.
pub fn dispatcher() -> *const () {
    dispatched as *const ()
}

/// The address of the word where the dispatcher keeps its choice, and the word that lies there
/// before the first call.
pub fn before_the_first_call() -> [usize; 2] {
    dispatch::before_the_first_call()
}

/// The address of a function without arguments. It asks the CPU, and [`detected`] reads what it
/// returns.
pub fn detection() -> *const () {
    detect as *const ()
}

/// The tier and the features of a word that the function at [`detection`] returned; `None` for
/// any other word.
pub fn detected(word: u64) -> Option<(Tier, Features)> {
    let tier = Tier::from_code(word as u8)?;
    let has = |feature: &Feature| word >> (FEATURES_AT + *feature as u32) & 1 == 1;
    Some((tier, Feature::ALL.iter().copied().filter(has).collect()))
}

/// The bit of the first feature.
const FEATURES_AT: u32 = 8;

unsafe extern "C" fn portable_raw(checksum: u32, message: *const u8, len_bytes: usize) -> u32 {
    // SAFETY: the caller vouches for the message.
    portable::entry(checksum, unsafe {
        core::slice::from_raw_parts(message, len_bytes)
    })
}

unsafe extern "C" fn dispatched(checksum: u32, message: *const u8, len_bytes: usize) -> u32 {
    let mut hasher = Hasher::with_checksum(checksum);
    // SAFETY: the caller vouches for the message.
    hasher.update(unsafe { core::slice::from_raw_parts(message, len_bytes) });
    hasher.finalize()
}

extern "C" fn detect() -> u64 {
    let features = Features::detect();
    let bits = features.iter().map(|feature| 1 << feature as u32);
    let bits: u64 = bits.fold(0, |all, bit: u64| all | bit);
    u64::from(Tier::select(&features).code()) | bits << FEATURES_AT
}

#[cfg(test)]
mod tests {
    use super::*;

    type Function = unsafe extern "C" fn(u32, *const u8, usize) -> u32;

    fn call(address: *const (), message: &[u8]) -> u32 {
        // SAFETY: the functions above have this type, and the CPU has what they need.
        unsafe {
            let function = core::mem::transmute::<*const (), Function>(address);
            function(0, message.as_ptr(), message.len())
        }
    }

    #[test]
    fn an_available_tiers_code_is_at_its_address() {
        for tier in Tier::available() {
            let address = tier.raw_entry().expect("a tier of this architecture");
            assert_eq!(call(address, b"123456789"), 0xcbf4_3926, "{tier}");
        }
        assert_eq!(Tier::RiscvZbc.raw_entry(), None);
        assert_eq!(call(dispatcher(), b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn what_detection_returns_is_read_back() {
        let expected = (Tier::detect(), Features::detect());
        assert_eq!(detected(detect()), Some(expected));
        assert_eq!(detected(0), None);
    }
}
