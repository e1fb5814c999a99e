//! The kernel for C: `include/crcheck.h` documents the functions.
//!
//! | module | what it holds |
//! |---|---|
//! | `sums` | what the functions compute, in the types of C |
//! | `names` | the functions by names of our own |
//! | `zlib` | the same by zlib's names, with the feature `zlib-names` |
//!
//! The functions are `extern "C"`, so a panic would end the process instead of unwinding into C.

pub mod names;
mod sums;
#[cfg(feature = "zlib-names")]
pub mod zlib;
