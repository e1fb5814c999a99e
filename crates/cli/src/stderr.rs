//! What is not a result goes to stderr.

use std::fmt::Display;
use std::io::Write;

/// Writes a line to stderr. If stderr is full or closed, nobody reads it, and the run goes on.
pub(crate) fn tell(line: impl Display) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
