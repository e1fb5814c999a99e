//! Slicing by sixteen (Kounavis and Berry, 2008): row k holds what a byte becomes when k more bytes
//! follow it. A step has sixteen look-ups. Four of them wait for the step before, so they come
//! last.

use crate::poly::POLY_REFLECTED;

/// Bytes in a step, and rows.
pub(super) const BLOCK_BYTES: usize = 16;

static ROWS: [[u32; 256]; BLOCK_BYTES] = rows();

const fn rows() -> [[u32; 256]; BLOCK_BYTES] {
    let mut rows = [[0; 256]; BLOCK_BYTES];
    let mut byte = 0;
    while byte < 256 {
        let mut word = byte as u32;
        let mut row = 0;
        while row < BLOCK_BYTES {
            let mut bit = 0;
            while bit < 8 {
                word = (word >> 1) ^ (POLY_REFLECTED * (word & 1));
                bit += 1;
            }
            rows[row][byte] = word;
            row += 1;
        }
        byte += 1;
    }
    rows
}

/// The register after `message`, by steps of sixteen bytes.
#[inline(always)]
pub(super) fn sliced(register: u32, message: &[u8]) -> u32 {
    let (blocks, rest) = message.as_chunks::<BLOCK_BYTES>();
    bytes(blocks.iter().fold(register, block), rest)
}

/// The register after a block of sixteen bytes.
#[inline(always)]
pub(super) fn block(register: u32, block: &[u8; BLOCK_BYTES]) -> u32 {
    let row = |i: usize| ROWS[15 - i][usize::from(block[i])];
    let waiting_for_nothing = ((row(4) ^ row(5)) ^ (row(6) ^ row(7)))
        ^ ((row(8) ^ row(9)) ^ (row(10) ^ row(11)))
        ^ ((row(12) ^ row(13)) ^ (row(14) ^ row(15)));
    let first = register ^ u32::from_le_bytes([block[0], block[1], block[2], block[3]]);
    let byte = |i: u32| (first >> (8 * i) & 0xff) as usize;
    waiting_for_nothing
        ^ ((ROWS[15][byte(0)] ^ ROWS[14][byte(1)]) ^ (ROWS[13][byte(2)] ^ ROWS[12][byte(3)]))
}

/// The register after `message`, a byte a step: for the shortest messages and tails.
#[inline(always)]
pub(crate) fn bytes(register: u32, message: &[u8]) -> u32 {
    message.iter().fold(register, |register, &byte| {
        (register >> 8) ^ ROWS[0][usize::from(register as u8 ^ byte)]
    })
}
