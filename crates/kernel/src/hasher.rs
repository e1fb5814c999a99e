//! The streaming interface.

use crate::{combine, dispatch};

/// The checksum of a message that arrives in pieces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hasher {
    checksum: u32,
    /// Bytes appended so far, modulo 2^64: [`Hasher::combine`] needs those of the other hasher.
    len_bytes: u64,
}

impl Hasher {
    /// A hasher of the empty message.
    pub const fn new() -> Self {
        Self::with_checksum(0)
    }

    /// A hasher that continues a message with this checksum.
    pub const fn with_checksum(checksum: u32) -> Self {
        Self {
            checksum,
            len_bytes: 0,
        }
    }

    /// Appends `message`.
    pub fn update(&mut self, message: &[u8]) {
        self.checksum = dispatch::update(self.checksum, message);
        self.len_bytes = self.len_bytes.wrapping_add(message.len() as u64);
    }

    /// The checksum of all appended pieces. More pieces may follow.
    pub const fn finalize(&self) -> u32 {
        self.checksum
    }

    /// How many bytes it has taken since it was new, modulo 2^64.
    pub const fn len_bytes(&self) -> u64 {
        self.len_bytes
    }

    /// Appends the pieces that `other` has taken since it was new.
    pub const fn combine(&mut self, other: &Self) {
        self.checksum =
            combine::Combiner::new(other.len_bytes).combine(self.checksum, other.checksum);
        self.len_bytes = self.len_bytes.wrapping_add(other.len_bytes);
    }

    /// Makes this a hasher of the empty message again.
    pub const fn reset(&mut self) {
        *self = Self::new();
    }
}

#[cfg(feature = "std")]
impl std::io::Write for Hasher {
    fn write(&mut self, message: &[u8]) -> std::io::Result<usize> {
        self.update(message);
        Ok(message.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
