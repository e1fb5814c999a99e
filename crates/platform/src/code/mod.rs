//! Reads machine code, and the files that hold it, without running it.

pub mod elf;
pub mod illegal_instruction;
pub mod mined_lengths;
pub mod source_name;
