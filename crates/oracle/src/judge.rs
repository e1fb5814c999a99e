//! What every implementation of a model does.

use std::fmt::Debug;

/// One implementation of one model. It ignores the bits of a checksum above the width.
pub trait Judge: Send + Sync + Debug {
    /// The implementation's name: `bitwise`, `byte-table`, `slicing-16`, `crc-crate`.
    fn id(&self) -> &'static str;

    /// The checksum after `message`, from the checksum before it (the zlib convention).
    fn update(&self, checksum: u64, message: &[u8]) -> u64;

    /// The prefix form: `out[i]` becomes the checksum after the first `i` bytes of `message`. One
    /// pass gives the checksum of every length. At the end `out` has `message.len() + 1` entries.
    fn prefixes(&self, checksum: u64, message: &[u8], out: &mut Vec<u64>) {
        out.clear();
        let mut checksum = self.update(checksum, &[]);
        out.push(checksum);
        for byte in message {
            checksum = self.update(checksum, std::slice::from_ref(byte));
            out.push(checksum);
        }
    }
}
