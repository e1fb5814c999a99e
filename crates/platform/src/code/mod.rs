//! Reads machine code, and the files that hold it, without running it.

mod debug_info;
mod declaration;
pub mod elf;
pub mod illegal_instruction;
pub mod library_path;
pub mod mined_lengths;
pub mod place;
pub mod source_location;
pub mod source_name;
