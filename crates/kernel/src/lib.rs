//! CRC-32/ISO-HDLC by carry-less multiplication: one fold algorithm for every instruction set.
//!
//! ```
//! use crcheck_kernel::{Hasher, checksum, combine};
//!
//! assert_eq!(checksum(b"123456789"), 0xcbf4_3926);
//!
//! let mut hasher = Hasher::new();
//! hasher.update(b"12345");
//! hasher.update(b"6789");
//! assert_eq!(hasher.finalize(), 0xcbf4_3926);
//!
//! assert_eq!(combine(checksum(b"12345"), checksum(b"6789"), 4), 0xcbf4_3926);
//! ```
//!
//! The best [`Tier`] that the CPU has is chosen at the first call; each can be called on purpose
//! through [`Tier::kernel`].
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "std")]
extern crate std;

mod arch;
mod combine;
pub mod cpu;
mod dispatch;
#[cfg_attr(
    not(any(
        target_arch = "x86_64",
        target_arch = "aarch64",
        target_arch = "riscv64",
        feature = "emu"
    )),
    expect(dead_code)
)]
mod fold;
mod hasher;
#[cfg_attr(not(any(target_arch = "aarch64", feature = "emu")), expect(dead_code))]
mod interleaved;
mod poly;
mod portable;
pub mod tier;

pub use combine::{Combiner, combine};
pub use hasher::Hasher;
pub use tier::{Kernel, Tier};

/// The checksum of `message`.
pub fn checksum(message: &[u8]) -> u32 {
    update(0, message)
}

/// The checksum after `message`, from the checksum before it (0 at first), by the best tier.
pub fn update(checksum: u32, message: &[u8]) -> u32 {
    dispatch::update(checksum, message)
}
