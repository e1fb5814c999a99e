//! Names of files in lists, as the GNU coreutils write them.
//!
//! A line whose name has a line feed, a carriage return or a backslash begins with a backslash. In
//! its name `\n`, `\r` and `\\` stand for them (`print_filename` and `filename_unescape` in
//! `src/digest.c`). Every other byte is itself: a name need not be UTF-8.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// Whether a line with this name begins with a backslash.
pub fn is_escaped(name: &OsStr) -> bool {
    let special = |byte: &u8| matches!(byte, b'\n' | b'\r' | b'\\');
    name.as_bytes().iter().any(special)
}

/// Writes a name behind the end of a line, with escapes.
pub fn escape(name: &OsStr, line: &mut Vec<u8>) {
    for &byte in name.as_bytes() {
        match byte {
            b'\n' => line.extend_from_slice(b"\\n"),
            b'\r' => line.extend_from_slice(b"\\r"),
            b'\\' => line.extend_from_slice(b"\\\\"),
            other => line.push(other),
        }
    }
}

/// The name that [`escape`] has written so; `None` if a backslash stands for nothing.
pub fn unescape(written: &[u8]) -> Option<OsString> {
    let mut name = Vec::with_capacity(written.len());
    let mut bytes = written.iter();
    while let Some(&byte) = bytes.next() {
        let meant = match byte {
            b'\\' => match bytes.next()? {
                b'n' => b'\n',
                b'r' => b'\r',
                b'\\' => b'\\',
                _ => return None,
            },
            other => other,
        };
        name.push(meant);
    }
    Some(OsString::from_vec(name))
}

/// A name as text that people read on one line: escaped as in a list, and what is not UTF-8 as
/// U+FFFD.
pub fn readable(name: &OsStr) -> String {
    let mut line = Vec::new();
    if is_escaped(name) {
        escape(name, &mut line);
    } else {
        line.extend_from_slice(name.as_bytes());
    }
    let text = String::from_utf8_lossy(&line);
    // A terminal takes other control characters for commands.
    text.chars()
        .map(|letter| {
            if letter.is_control() {
                '\u{fffd}'
            } else {
                letter
            }
        })
        .collect()
}
