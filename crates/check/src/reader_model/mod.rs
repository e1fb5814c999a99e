//! Sequences of operations on readers and writers that compute checksums, against a model of them.
//!
//! The stream below them is a file that follows a script: short reads and writes, interruptions,
//! errors, and ends behind which more comes. Two readers and a writer work on it. After each
//! operation, what the caller got is compared with the file, and the checksum with the judge's of
//! exactly that.
//!
//! | module | what it holds |
//! |---|---|
//! | `operation` | the operations, and how an input says them |
//! | `scripted` | the stream below |
//! | `expected` | what a reader or writer must say of its message |
//! | `ends` | one operation on a reader, or on the writer |
//! | `judge` | all operations of an input |

mod ends;
mod expected;
mod judge;
mod operation;
mod scripted;

pub(crate) use judge::judge;
pub(crate) use operation::Script;
