//! The checksum of a part of a file so far, with the oracle's beside it.

use super::difference::Difference;
use crate::algorithm::Algorithm;
use crcheck_oracle::Judge;
use crcheck_oracle::advance::{self, Advance};

/// What the oracle checks at once.
pub(super) const CHECKED_BYTES: u64 = 64 << 10;

/// What computes, and what computes the same beside, if anything does.
#[derive(Clone, Copy)]
pub(super) struct Pair<'a> {
    pub(super) algorithm: &'a Algorithm,
    pub(super) oracle: Option<&'a dyn Judge>,
}

/// The checksum of a part of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) checksum: u64,
    /// The oracle's, or the same.
    pub(super) expected: u64,
    pub(super) len_bytes: u64,
}

/// The checksum of a part of a file so far.
pub(super) struct Running<'a> {
    pair: Pair<'a>,
    start: u64,
    at: u64,
    checksum: u64,
    expected: u64,
    difference: Option<Box<Difference>>,
}

impl<'a> Running<'a> {
    /// Of nothing, at `start` in the file.
    pub(super) fn new(pair: Pair<'a>, start: u64) -> Self {
        let checksum = pair.algorithm.initial_checksum();
        Self {
            pair,
            start,
            at: start,
            checksum,
            expected: checksum,
            difference: None,
        }
    }

    /// Goes on with `bytes`. Returns whether the two still agree. It owns nothing while it reads
    /// them.
    pub(super) fn update(&mut self, bytes: &[u8]) -> bool {
        let Some(oracle) = self.pair.oracle else {
            self.checksum = self.pair.algorithm.update(self.checksum, bytes);
            self.expected = self.checksum;
            self.at += bytes.len() as u64;
            return true;
        };
        let mut rest = bytes;
        while !rest.is_empty() {
            let len_bytes = (CHECKED_BYTES - self.at % CHECKED_BYTES).min(rest.len() as u64);
            let (block, behind) = rest.split_at(len_bytes as usize);
            let got = self.pair.algorithm.update(self.checksum, block);
            let expected = oracle.update(self.expected, block);
            if !self.step(got, expected, block) {
                return false;
            }
            self.at += len_bytes;
            rest = behind;
        }
        true
    }

    /// Goes on with `len_bytes` bytes of zeros. Returns whether the two still agree.
    pub(super) fn update_zeros(&mut self, len_bytes: u64) -> bool {
        let algorithm = self.pair.algorithm;
        let got = algorithm.update_zeros(self.checksum, len_bytes);
        let expected = match self.pair.oracle {
            None => got,
            Some(_) => Advance::new(algorithm.model(), len_bytes).checksum(self.expected),
        };
        let agrees = self.step(got, expected, &[]);
        self.at += len_bytes;
        agrees
    }

    fn step(&mut self, got: u64, expected: u64, block: &[u8]) -> bool {
        if got != expected {
            self.difference = Some(Box::new(Difference {
                algorithm: self.pair.algorithm.name(),
                offset_bytes: self.at,
                block: block.to_vec(),
                before: self.checksum,
                expected,
                got,
            }));
            return false;
        }
        (self.checksum, self.expected) = (got, expected);
        true
    }

    /// The checksum of all so far.
    ///
    /// # Errors
    /// Where the two part.
    pub(super) fn finish(self) -> Result<Part, Box<Difference>> {
        match self.difference {
            Some(difference) => Err(difference),
            None => Ok(Part {
                checksum: self.checksum,
                expected: self.expected,
                len_bytes: self.at - self.start,
            }),
        }
    }
}

/// The checksum of parts that follow each other, the first at `start` in the file.
///
/// # Errors
/// If the oracle's combination differs.
pub(super) fn combine(
    pair: Pair<'_>,
    start: u64,
    parts: impl IntoIterator<Item = Part>,
) -> Result<Part, Box<Difference>> {
    let algorithm = pair.algorithm;
    let nothing = algorithm.initial_checksum();
    let mut sum = Part {
        checksum: nothing,
        expected: nothing,
        len_bytes: 0,
    };
    for part in parts {
        if sum.len_bytes == 0 {
            sum = part;
            continue;
        }
        let before = sum.checksum;
        let len_bytes = part.len_bytes;
        sum.checksum = algorithm.combine(before, part.checksum, len_bytes);
        sum.expected = match pair.oracle {
            None => sum.checksum,
            Some(_) => advance::combine(algorithm.model(), sum.expected, part.expected, len_bytes),
        };
        if sum.checksum != sum.expected {
            return Err(Box::new(Difference {
                algorithm: algorithm.name(),
                offset_bytes: start + sum.len_bytes,
                block: Vec::new(),
                before,
                expected: sum.expected,
                got: sum.checksum,
            }));
        }
        sum.len_bytes += len_bytes;
    }
    Ok(sum)
}
