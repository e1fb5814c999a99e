//! Counts in words.

use std::fmt;

/// `1 finding`, `2 findings`.
pub fn count_in_words<N: fmt::Display + PartialEq + From<u8>>(count: N, what: &str) -> String {
    let s = if count == N::from(1) { "" } else { "s" };
    format!("{count} {what}{s}")
}
