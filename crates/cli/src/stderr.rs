//! What is not a result goes to stderr.

use crcheck_harness::report::visible;
use std::fmt::Display;
use std::io::Write;

/// Writes a line to stderr, which stays one line whatever a name in it holds. If stderr is full or
/// closed, nobody reads it, and the run goes on.
pub(crate) fn tell(line: impl Display) {
    tell_lines(visible(&line.to_string()));
}

/// Writes lines to stderr in the same way. Who made them has made the names in them visible.
pub(crate) fn tell_lines(lines: impl Display) {
    // One write, so that the lines of other processes come between those of this one.
    let _ = std::io::stderr().write_all(format!("{lines}\n").as_bytes());
}
