//! Loads shared libraries for interpretation: an ELF loader for x86-64 that runs no code natively.
//!
//! From the ground up: what is wrong (`error`); a file's memory (`image`), names (`dynamic`) and
//! words to fill (`relocations`); one library at its place (`object`), and where those lie that it
//! needs (`needed`); functions instead of some of the C library's (`runtime`); all libraries and
//! their symbols (`tree`); the words filled (`fill`); the library, initialized (`library`).

mod dynamic;
mod error;
mod fill;
mod image;
mod library;
mod needed;
mod object;
mod relocations;
mod runtime;
mod runtime_code;
mod tree;

pub use error::{LoadError, Problem};
pub use library::Library;
