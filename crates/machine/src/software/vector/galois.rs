//! Arithmetic in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1, and affine maps of bytes (GFNI).

use super::element::zip;
use super::form::{Form, elements, lanes};
use iced_x86::Mnemonic;

pub(super) fn form(mnemonic: Mnemonic) -> Option<Form> {
    use Mnemonic::*;
    let form = match mnemonic {
        Gf2p8mulb | Vgf2p8mulb => elements(2, 1, |[a, b, _], _| product(a, b)),
        Gf2p8affineqb | Vgf2p8affineqb => {
            lanes(2, 1, |[a, matrix, _], added| affine(a, matrix, added))
        }
        Gf2p8affineinvqb | Vgf2p8affineinvqb => lanes(2, 1, |[a, matrix, _], added| {
            affine(inverse(a), matrix, added)
        }),
        _ => return None,
    };
    Some(form)
}

/// A byte in every byte of a lane.
const fn every(byte: u8) -> u128 {
    u128::from_ne_bytes([byte; 16])
}

/// The products of all bytes.
fn product(a: u128, b: u128) -> u128 {
    let mut power = a;
    let mut sum = 0;
    for bit in 0..8 {
        sum ^= power & ones_where_set(b, bit);
        let reduction = ones_where_set(power, 7) & every(0x1b);
        power = (power & every(0x7f)) << 1 ^ reduction;
    }
    sum
}

/// 255 in each byte whose bit is set.
fn ones_where_set(lane: u128, bit: u32) -> u128 {
    (lane >> bit & every(1)) * 255
}

/// The inverse of each byte, and 0 of 0: its 254th power.
fn inverse(a: u128) -> u128 {
    let mut square = a;
    let mut power = every(1);
    for _ in 1..8 {
        square = product(square, square);
        power = product(power, square);
    }
    power
}

/// Each byte times the matrix of its 64 bits, plus `added`.
fn affine(a: u128, matrix: u128, added: u8) -> u128 {
    let products = zip(a, matrix, |bytes: u64, matrix| {
        // Row i, which gives bit i, is byte 7 - i (Intel SDM 2, GF2P8AFFINEQB).
        let columns = transpose(matrix.swap_bytes()).to_le_bytes();
        let terms = columns
            .iter()
            .enumerate()
            .map(|(bit, column)| (bytes >> bit & EVERY_ONE) * u64::from(*column));
        terms.fold(0, |sum, term| sum ^ term)
    });
    products ^ every(added)
}

/// 1 in every byte.
const EVERY_ONE: u64 = 0x0101_0101_0101_0101;

/// Byte i of the result has bit j where byte j has bit i.
fn transpose(matrix: u64) -> u64 {
    // Swaps the corners of squares of two, four, then eight.
    let swap = |matrix: u64, shift: u32, corner: u64| {
        let changed = (matrix ^ matrix >> shift) & corner;
        matrix ^ changed ^ changed << shift
    };
    let matrix = swap(matrix, 7, 0x00aa_00aa_00aa_00aa);
    let matrix = swap(matrix, 14, 0x0000_cccc_0000_cccc);
    swap(matrix, 28, 0x0000_0000_f0f0_f0f0)
}
