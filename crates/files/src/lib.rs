//! Checksums of files.
//!
//! A [`Summer`] computes the checksum of what a name, an open file or a stream holds, by an
//! [`Algorithm`], through a [`Method`] of reading. It keeps its buffers from file to file.
//!
//! **The modules**, from the ground up. Each names only modules before it:
//!
//! 1. [`algorithm`]: what computes a model's checksums; [`method`]: the ways to read, by name.
//! 2. [`blocks`]: the bytes of a file, block by block, by each method.
//! 3. [`sum`]: the checksum of a whole file, and what is known about how it was had.
//! 4. [`small_files`]: the checksums of many small files, several at once, ahead of their turn.
//! 5. [`walk`]: the files in a folder; [`list`]: lists of checksums, written, read and checked.

#![deny(missing_docs)]

#[cfg(not(target_os = "linux"))]
compile_error!("crcheck reads files on Linux; the kernel crate is for every target");

pub mod algorithm;
pub mod blocks;
pub mod list;
pub mod method;
pub mod small_files;
pub mod sum;
pub mod walk;

pub use algorithm::Algorithm;
pub use method::{Method, MethodChoice};
pub use sum::{Difference, Sum, SumError, SumOptions, Summer, sum_path, sum_stream};
