//! The bytes of a stream, as they come.

use std::io::{self, Read};

/// Gives the bytes of `stream` to `take`, in blocks of up to the size of the buffer, and returns
/// whether it took them to the end.
///
/// # Errors
/// What the system says.
pub fn read_stream(
    stream: &mut impl Read,
    buffer: &mut [u8],
    mut take: impl FnMut(&[u8]) -> bool,
) -> io::Result<bool> {
    loop {
        match stream.read(buffer) {
            Ok(0) => return Ok(true),
            Ok(len_bytes) => {
                if !take(&buffer[..len_bytes]) {
                    return Ok(false);
                }
            }
            // Perhaps the signal is the user's wish to end.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                if !take(&[]) {
                    return Ok(false);
                }
            }
            Err(error) => return Err(error),
        }
    }
}
