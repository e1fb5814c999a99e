//! Recorded results of real CPUs, for hosts that lack what those had.
//!
//! A [`Generator`](crate::forms::Generator) gives the inputs again, so that only results are
//! stored. `docs/machine.md` describes the files.

mod checked;
mod folder;
mod format;
mod human;
mod index;
mod recorder;

pub use checked::{Checked, Options, Row, check};
pub use folder::{FolderError, read_folder, write_folder};
pub use format::{Entry, Malformed, Recording, Shown};
pub use human::human;
pub use index::Index;
pub use recorder::record;
