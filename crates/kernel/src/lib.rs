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
//! With the feature `std`, the readers and writers of `io` compute the checksum of what passes
//! through them.
//!
//! The first call selects the best [`Tier`] that the CPU has. [`Tier::kernel`] gives the code of a
//! tier, to be called on purpose.
//!
//! # Modules
//!
//! Each uses only modules above it. Within a folder the arrows go one way too: `mod.rs` uses its
//! files, and no file uses its `mod.rs`.
//!
//! | module | what it holds |
//! |---|---|
//! | `poly` | arithmetic modulo the generator, and the constants |
//! | `isa` | the leaf operations that the fold asks of an instruction set |
//! | [`cpu`] | features, what a machine answers, detection |
//! | `selection` | the tiers, and which one a CPU gets |
//! | `entry_counter` | for tests: how often each tier's code was entered |
//! | `portable` | the tier of every CPU: table look-ups |
//! | `interleaved` | the algorithm for an instruction that computes this CRC of a word |
//! | `emu` | the software backend of `isa` and `interleaved` |
//! | `fold` | the fold algorithm, with its theory |
//! | `arch` | the tiers of each architecture: leaf operations and entries |
//! | `kernel` | the code of the tiers that this CPU has |
//! | `emulated` | the software version of each tier |
//! | `thresholds` | the lengths at which a tier's code changes its path |
//! | `dispatch` | the first call selects, later ones jump |
//! | `combine` | the checksum of a concatenation |
//! | `hasher` | the checksum of a message in pieces |
//! | `raw` | for tests: functions of the C ABI, whose code an interpreter runs |
//! | `io` | the checksum of what is read and written; feature `std` |
//! | [`tier`] | the public names of `selection`, `kernel` and `emulated` |
#![no_std]
#![deny(missing_docs)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "std")]
extern crate std;

mod arch;
mod combine;
pub mod cpu;
mod dispatch;
#[cfg(feature = "emu")]
mod emu;
#[cfg(feature = "emu")]
mod emulated;
#[cfg(feature = "testing")]
mod entry_counter;
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
#[cfg(feature = "std")]
pub mod io;
mod isa;
mod kernel;
mod poly;
mod portable;
#[cfg(all(feature = "testing", target_arch = "x86_64"))]
pub mod raw;
mod selection;
mod thresholds;

pub mod tier {
    //! The tiers by name, and their code, to be called on purpose.

    #[cfg(feature = "emu")]
    pub use crate::emulated::Emulated;
    pub use crate::kernel::Kernel;
    pub use crate::selection::{Tier, UnknownTier};
}

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

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
