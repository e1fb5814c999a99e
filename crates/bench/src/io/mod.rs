//! How fast files are read and checked: every method, beside what `dd` and `fio` reach.
//!
//! **The modules**, from the ground up. Each names only modules before it:
//!
//! 1. [`size`], [`folder`]: sizes as people write them; what a folder has room for.
//! 2. [`method`], [`setup`]: the ways to read, and the rows that a user asks for.
//! 3. [`content`], [`test_file`], [`cache`]: the bytes of the file, the file, and what of it lies
//!    in memory.
//! 4. [`counters`]: what the kernel counts for this process.
//! 5. [`layers`], [`reader`], [`bound`], [`observe`]: one pass over the file, by crcheck or by
//!    another program; what a pass takes.
//! 6. [`facts`], [`rules`], [`run`]: what is known of the rows, the rules of thumb, the rounds.
//! 7. [`text`], [`page`]: the report for people.

pub mod bound;
pub mod cache;
pub mod content;
pub mod counters;
pub mod facts;
pub mod folder;
pub mod layers;
pub mod method;
pub mod observe;
pub mod page;
pub mod reader;
pub mod rules;
pub mod run;
pub mod setup;
pub mod size;
pub mod test_file;
pub mod text;
