//! The lines of a list, each of bounded length.

use std::io::{self, BufRead, Read};

/// No line of a list is longer: a name has at most 4095 bytes, twice as many with escapes.
pub const LINE_BYTES_MAX: usize = 1 << 16;

/// The next line of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextLine {
    /// It is in the buffer.
    Line,
    /// It is longer than [`LINE_BYTES_MAX`], and skipped.
    TooLong,
    /// There is none.
    End,
}

/// Reads the next line into `line`, with its line feed if it has one.
///
/// # Errors
/// What the system says.
pub fn next_line(list: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<NextLine> {
    line.clear();
    let read = list
        .take(LINE_BYTES_MAX as u64 + 1)
        .read_until(b'\n', line)?;
    if read == 0 {
        return Ok(NextLine::End);
    }
    if read <= LINE_BYTES_MAX || line.ends_with(b"\n") {
        return Ok(NextLine::Line);
    }
    while !line.ends_with(b"\n") {
        line.clear();
        let part = list.take(LINE_BYTES_MAX as u64);
        if { part }.read_until(b'\n', line)? == 0 {
            break;
        }
    }
    Ok(NextLine::TooLong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_too_long_is_skipped_in_bounded_memory() {
        let long = vec![b'x'; 5 * LINE_BYTES_MAX];
        let text = [b"one\n", &long[..], b"\ntwo"].concat();
        let (mut list, mut line) = (&text[..], Vec::new());
        let mut next = |line: &mut Vec<u8>| next_line(&mut list, line).expect("memory");
        assert_eq!(next(&mut line), NextLine::Line);
        assert_eq!(line, b"one\n");
        assert_eq!(next(&mut line), NextLine::TooLong);
        assert!(line.capacity() < 4 * LINE_BYTES_MAX);
        assert_eq!(next(&mut line), NextLine::Line);
        assert_eq!(line, b"two");
        assert_eq!(next(&mut line), NextLine::End);
    }
}
