//! Hashes of files, by which people tell one build from another.

use crate::files::regular;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::io;
use std::path::Path;

/// The SHA-256 of some bytes, in lower-case hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in Sha256::digest(bytes) {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The SHA-256 of a file of up to `bytes_max` bytes, as [`sha256`] writes it.
///
/// # Errors
/// As [`regular::read`].
pub fn sha256_of_file(path: &Path, bytes_max: u64) -> io::Result<String> {
    Ok(sha256(&regular::read(path, bytes_max)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of FIPS 180-2, appendix B.1.
    #[test]
    fn the_published_example_has_its_hash() {
        let published = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(b"abc"), published);
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("file");
        std::fs::write(&file, "abc").expect("a file");
        assert_eq!(sha256_of_file(&file, 3).expect("a hash"), published);
        assert!(sha256_of_file(&file, 2).is_err(), "too long");
    }
}
