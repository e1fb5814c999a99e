//! Machine code and the files that hold it, read and not run.

pub mod elf;
pub mod illegal_instruction;
pub mod mined_lengths;
