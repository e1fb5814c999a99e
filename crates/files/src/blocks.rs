//! The bytes of a file, block by block.

use std::fs::File;
use std::io::{self, Read};

/// Gives the bytes of a stream to `take`, in blocks of up to `buffer_bytes`. `take` returns whether
/// to go on.
///
/// # Errors
/// What the system says.
pub fn read(
    stream: &mut impl Read,
    buffer_bytes: usize,
    mut take: impl FnMut(&[u8]) -> bool,
) -> io::Result<()> {
    let mut buffer = vec![0; buffer_bytes];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(len_bytes) => {
                if !take(&buffer[..len_bytes]) {
                    return Ok(());
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Opens a file to be read.
///
/// # Errors
/// What the system says.
pub fn open(path: &std::path::Path) -> io::Result<File> {
    File::open(path)
}
