//! What the file holds, and the oracle's checksums of it.
//!
//! Every block of 1 MiB is the same random tile behind its own number, so that no two blocks are
//! alike, and the checksum of 100 GB follows from that of a few pieces: from the checksums of A and
//! B, the oracle computes that of A || B.

use crate::io::method::RANDOM_BYTES;
use crate::random::SplitMix64;
use crcheck_oracle::Judge;
use crcheck_oracle::advance;
use crcheck_oracle::model::Model;
use crcheck_oracle::slicing_16::Slicing16;

/// The size of a block in bytes.
pub const BLOCK_BYTES: usize = 1 << 20;

/// The size of a block's number in bytes.
const NUMBER_BYTES: usize = 8;

/// The size of a page in bytes, the unit of random reads.
pub const PAGE_BYTES: usize = RANDOM_BYTES;

/// The bytes of a file of any length.
#[derive(Debug)]
pub struct Content {
    model: Model,
    oracle: Slicing16,
    /// `None`: zeros.
    tile: Option<Vec<u8>>,
    /// The checksums of the pages of the tile.
    pages: Vec<u64>,
}

impl Content {
    /// Random bytes that a seed gives.
    pub fn random(model: &Model, seed: u64) -> Self {
        let mut random = SplitMix64(seed);
        let words = (0..BLOCK_BYTES / 8).flat_map(|_| random.next().to_le_bytes());
        Self::of(model, Some(words.collect()))
    }

    /// Zeros, which the holes of a sparse file are.
    pub fn zeros(model: &Model) -> Self {
        Self::of(model, None)
    }

    fn of(model: &Model, tile: Option<Vec<u8>>) -> Self {
        let mut content = Self {
            model: model.clone(),
            oracle: Slicing16::new(model),
            tile,
            pages: Vec::new(),
        };
        let block = content.block(0);
        content.pages = block
            .chunks(PAGE_BYTES)
            .map(|page| content.sum(page))
            .collect();
        content
    }

    /// The model of its checksums.
    pub const fn model(&self) -> &Model {
        &self.model
    }

    /// The block of this number.
    pub fn block(&self, number: u64) -> Vec<u8> {
        let Some(tile) = &self.tile else {
            return vec![0; BLOCK_BYTES];
        };
        let mut block = tile.clone();
        block[..NUMBER_BYTES].copy_from_slice(&number.to_le_bytes());
        block
    }

    /// The checksum of the first `len_bytes`.
    pub fn checksum(&self, len_bytes: u64) -> u64 {
        let rest = self.sum(&self.block(0)[NUMBER_BYTES..]);
        let combine = |a, b, len_bytes| advance::combine(&self.model, a, b, len_bytes as u64);
        let of_block = Affine::of(64, |number| {
            let head = self.sum(&number.to_le_bytes());
            combine(head, rest, BLOCK_BYTES - NUMBER_BYTES)
        });
        let after_block = Affine::of(self.model.width, |sum| combine(sum, 0, BLOCK_BYTES));
        let blocks = len_bytes / BLOCK_BYTES as u64;
        let whole = (0..blocks).fold(self.model.initial_checksum(), |sum, number| {
            let number = if self.tile.is_some() { number } else { 0 };
            // The checksum of A || B is that of A, moved on, and that of B.
            after_block.apply(sum) ^ of_block.apply(number)
        });
        let last = (len_bytes % BLOCK_BYTES as u64) as usize;
        self.oracle.update(whole, &self.block(blocks)[..last])
    }

    /// The checksum of one page.
    pub fn page_checksum(&self, page: u64) -> u64 {
        let per_block = (BLOCK_BYTES / PAGE_BYTES) as u64;
        let (number, in_block) = (page / per_block, (page % per_block) as usize);
        match (in_block, &self.tile) {
            (0, Some(tile)) => {
                let head = self.sum(&number.to_le_bytes());
                self.oracle.update(head, &tile[NUMBER_BYTES..PAGE_BYTES])
            }
            _ => self.pages[in_block],
        }
    }

    fn sum(&self, message: &[u8]) -> u64 {
        self.oracle.update(self.model.initial_checksum(), message)
    }
}

/// A map of words that is linear over GF(2) but for a constant. The oracle takes a tenth of a
/// millisecond to combine two checksums, which is too much for each block of 100 GB.
struct Affine {
    constant: u64,
    columns: Vec<u64>,
}

impl Affine {
    /// The map that `map` is, of words of `bits` bits.
    fn of(bits: u8, map: impl Fn(u64) -> u64) -> Self {
        let constant = map(0);
        Self {
            constant,
            columns: (0..bits).map(|bit| map(1 << bit) ^ constant).collect(),
        }
    }

    fn apply(&self, word: u64) -> u64 {
        let columns = self.columns.iter().enumerate();
        columns.fold(self.constant, |sum, (bit, column)| {
            // All ones if the bit is set.
            sum ^ (column & (word >> bit & 1).wrapping_neg())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_of_any_length_is_that_of_its_bytes() {
        let model = Model::CRC_32_ISO_HDLC;
        for content in [Content::random(&model, 7), Content::zeros(&model)] {
            let bytes: Vec<u8> = (0..3).flat_map(|number| content.block(number)).collect();
            for len_bytes in [
                0,
                1,
                4096,
                BLOCK_BYTES,
                BLOCK_BYTES + 5,
                3 * BLOCK_BYTES - 1,
            ] {
                let expected = u64::from(crcheck_kernel::checksum(&bytes[..len_bytes]));
                assert_eq!(content.checksum(len_bytes as u64), expected, "{len_bytes}");
            }
            for page in [0, 1, 255, 256, 511, 512, 700] {
                let start = page * PAGE_BYTES;
                let expected = crcheck_kernel::checksum(&bytes[start..start + PAGE_BYTES]);
                assert_eq!(
                    content.page_checksum(page as u64),
                    u64::from(expected),
                    "{page}"
                );
            }
        }
    }

    /// The oracle combines the checksums of two halves that blocks gave.
    #[test]
    fn the_checksum_of_a_terabyte_is_that_of_its_halves() {
        let model = Model::CRC_32_ISO_HDLC;
        let zeros = Content::zeros(&model);
        let half = zeros.checksum(500_000_000_000);
        let expected = advance::combine(&model, half, half, 500_000_000_000);
        assert_eq!(zeros.checksum(1_000_000_000_000), expected);
    }

    #[test]
    fn no_two_blocks_are_alike() {
        let content = Content::random(&Model::CRC_32_ISO_HDLC, 1);
        assert_ne!(content.block(1), content.block(2));
    }
}
