//! The stack that calls used.

use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// The stack that calls used, by the length of the message.
#[derive(Clone, Debug, Serialize)]
pub struct StackReport {
    /// The most, in bytes.
    pub max_bytes: usize,
    /// The shortest length at which a call used it.
    pub at_length: usize,
    /// The stack at each measured length. Lengths with the same stack are together.
    pub lengths: Vec<StackRange>,
}

/// Lengths at which calls used the same stack.
#[derive(Clone, Debug, Serialize)]
pub struct StackRange {
    /// The first measured length.
    pub from: usize,
    /// The last measured length.
    pub to: usize,
    /// The stack in bytes.
    pub bytes: usize,
}

impl fmt::Display for StackReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bytes, length) = (self.max_bytes, self.at_length);
        write!(f, "stack to {bytes} bytes (at length {length})")
    }
}

impl StackReport {
    pub(crate) fn new(used: &BTreeMap<usize, usize>) -> Option<Self> {
        let mut lengths: Vec<StackRange> = Vec::new();
        for (&length, &bytes) in used {
            match lengths.last_mut() {
                Some(range) if range.bytes == bytes => range.to = length,
                _ => lengths.push(StackRange {
                    from: length,
                    to: length,
                    bytes,
                }),
            }
        }
        let max_bytes = lengths.iter().map(|range| range.bytes).max()?;
        let first = lengths.iter().find(|range| range.bytes == max_bytes)?;
        Some(Self {
            max_bytes,
            at_length: first.from,
            lengths,
        })
    }
}
