//! A buffer filled from a file.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Reads from `offset_bytes` until `buffer` is full or the file ends, and returns how many bytes
/// there were.
///
/// # Errors
/// What the system says.
pub(super) fn fill(file: &File, buffer: &mut [u8], offset_bytes: u64) -> io::Result<usize> {
    let mut done_bytes = 0;
    while done_bytes < buffer.len() {
        let at = offset_bytes + done_bytes as u64;
        match file.read_at(&mut buffer[done_bytes..], at) {
            Ok(0) => break,
            Ok(len_bytes) => done_bytes += len_bytes,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done_bytes)
}
