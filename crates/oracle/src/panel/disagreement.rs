//! Judges that differ on a message.

use std::fmt;

/// Judges that gave different checksums.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// The length of the message in bytes.
    pub length: usize,
    /// The checksum before it.
    pub checksum: u64,
    /// What each judge gave.
    pub checksums: Vec<(&'static str, u64)>,
}

impl Disagreement {
    /// The judges agree on the prefixes and agree on the whole, but not on both.
    pub(super) fn of_forms(checksum: u64, length: usize, prefix: u64, whole: u64) -> Self {
        Self {
            length,
            checksum,
            checksums: vec![("as a prefix", prefix), ("as a whole", whole)],
        }
    }
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the judges differ on {} bytes after {:#x}:",
            self.length, self.checksum
        )?;
        self.checksums
            .iter()
            .try_for_each(|(judge, got)| write!(f, " {judge} {got:#x}"))
    }
}

impl std::error::Error for Disagreement {}
