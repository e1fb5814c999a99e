//! Tier `portable`: table look-ups ([`slicing`]), on every CPU. [`sparse`] shortens long messages
//! first.

mod slicing;
mod sparse;

#[cfg(feature = "testing")]
use crate::entry_counter;
#[cfg(feature = "testing")]
use crate::selection::Tier;

#[cfg(any(target_arch = "riscv64", feature = "emu"))]
pub(crate) use slicing::bytes;

/// The lengths in bytes from which on the code takes another path.
pub(crate) const THRESHOLDS: &[usize] = &[16, sparse::BYTES_MIN];

/// The checksum after `message`.
#[inline(never)]
pub(crate) fn entry(checksum: u32, message: &[u8]) -> u32 {
    !update(!checksum, message)
}

/// [`entry`], counted.
#[cfg(feature = "testing")]
pub(crate) fn counted(checksum: u32, message: &[u8]) -> u32 {
    entry_counter::count(Tier::Portable);
    entry(checksum, message)
}

/// The register after `message`.
pub(crate) fn update(register: u32, message: &[u8]) -> u32 {
    if message.len() >= sparse::BYTES_MIN {
        return sparse::update(register, message);
    }
    slicing::sliced(register, message)
}
