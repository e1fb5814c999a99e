//! Lists of checksums: what `crcheck sum` prints, and what `--check` reads.
//!
//! From the ground up: [`checksum_form`] writes a checksum, [`name`] a name, [`mod@line`] both as a
//! line. [`parse`] takes a line apart, [`lines`] gives the lines of a list, and [`check`] compares
//! them with the files that they name.

pub mod check;
pub mod checksum_form;
pub mod line;
pub mod lines;
pub mod name;
pub mod parse;
