//! What is not a result goes to stderr.

use std::fmt::Display;
use std::io::Write;

/// Writes a line to stderr. If stderr is full or closed, nobody reads it, and the run goes on.
pub(crate) fn tell(line: impl Display) {
    // One write, so that the lines of other processes come between those of this one.
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}
