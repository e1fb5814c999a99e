//! The checksum of a file.

use crate::Hasher;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::vec;

/// The sizes of the buffer, in bytes. It has the size of the file in between: for small files, a
/// large buffer costs more than the reads. Larger ones than 1 MiB are slower, since they leave the
/// cache.
const BUFFER_BYTES: [u64; 2] = [64 << 10, 1 << 20];

/// The checksum of a whole file, by plain reads. It takes up to 1 MiB of memory.
///
/// ```no_run
/// let checksum = crcheck_kernel::io::checksum_file("/etc/hostname")?;
/// println!("{checksum:08x}");
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// If the file cannot be opened or read. A read that was interrupted is made again.
pub fn checksum_file(path: impl AsRef<Path>) -> io::Result<u32> {
    let mut file = File::open(path)?;
    let [least, most] = BUFFER_BYTES;
    // Some files have a size of 0 and bytes nevertheless.
    let buffer_bytes = file.metadata()?.len().clamp(least, most);
    let mut buffer = vec![0; buffer_bytes as usize];
    let mut hasher = Hasher::new();
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hasher.finalize()),
            Ok(len_bytes) => hasher.update(&buffer[..len_bytes]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
