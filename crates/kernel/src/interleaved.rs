//! The algorithm for CPUs with an instruction that computes this CRC of a word.
//!
//! The instruction waits about three cycles for the one before it, and one could begin in each
//! cycle. So the code takes three pieces of n bytes side by side and joins them as `combine` does:
//!
//! ```text
//! register(A || B) = register(A) x^(8n) + register(B)  (mod P)
//! ```
//!
//! where every register but the first starts at 0. The product with the constant x^(8n) is linear
//! in the register: four look-ups.

#![forbid(unsafe_code)]

use crate::poly::{multiply, x_pow_mod};

/// An instruction that computes the register after a word: the value proves that the CPU was asked.
pub(crate) trait CrcInstruction: Copy {
    /// The register after eight bytes, the first of them lowest in the word.
    fn word(self, register: u32, word: u64) -> u32;
    /// The register after a byte.
    fn byte(self, register: u32, byte: u8) -> u32;
}

/// n: a third of a stride.
const PIECE_BYTES: usize = 512;

/// The bytes of three pieces.
const STRIDE_BYTES: usize = 3 * PIECE_BYTES;

/// The lengths in bytes from which on the code takes another path.
pub(crate) const THRESHOLDS: &[usize] = &[1, 8, STRIDE_BYTES];

/// The checksum after `message`, from the checksum before it.
#[inline(always)]
pub(crate) fn update<I: CrcInstruction>(isa: I, checksum: u32, message: &[u8]) -> u32 {
    let mut register = !checksum;
    let (strides, rest) = message.as_chunks::<STRIDE_BYTES>();
    for stride in strides {
        register = three_pieces(isa, register, stride);
    }
    let (words, tail) = rest.as_chunks::<8>();
    // Loops and not closures: the compiler uses the features of the tier's entry only in what it
    // inlines there.
    for word in words {
        register = isa.word(register, u64::from_le_bytes(*word));
    }
    for &byte in tail {
        register = isa.byte(register, byte);
    }
    !register
}

#[inline(always)]
fn three_pieces<I: CrcInstruction>(isa: I, register: u32, stride: &[u8; STRIDE_BYTES]) -> u32 {
    let (words, _) = stride.as_chunks::<8>();
    let (first, rest) = words.split_at(PIECE_BYTES / 8);
    let (second, third) = rest.split_at(PIECE_BYTES / 8);
    let mut registers = [register, 0, 0];
    for ((a, b), c) in first.iter().zip(second).zip(third) {
        registers[0] = isa.word(registers[0], u64::from_le_bytes(*a));
        registers[1] = isa.word(registers[1], u64::from_le_bytes(*b));
        registers[2] = isa.word(registers[2], u64::from_le_bytes(*c));
    }
    across_piece(across_piece(registers[0]) ^ registers[1]) ^ registers[2]
}

/// `register` x^(8n) mod P.
#[inline(always)]
fn across_piece(register: u32) -> u32 {
    let [a, b, c, d] = register.to_le_bytes().map(usize::from);
    ACROSS_PIECE[0][a] ^ ACROSS_PIECE[1][b] ^ ACROSS_PIECE[2][c] ^ ACROSS_PIECE[3][d]
}

/// Row k holds the products of the registers whose only byte that is not 0 starts at bit 8k.
static ACROSS_PIECE: [[u32; 256]; 4] = {
    let power = x_pow_mod(8 * PIECE_BYTES as i32).reverse_bits();
    let mut rows = [[0; 256]; 4];
    let mut bit = 0;
    while bit < 32 {
        let product = multiply(power, 1 << bit);
        let (row, step) = (bit / 8, 1 << (bit % 8));
        let mut byte = 0;
        while byte < step {
            rows[row][step + byte] = rows[row][byte] ^ product;
            byte += 1;
        }
        bit += 1;
    }
    rows
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_are_the_product() {
        let power = x_pow_mod(8 * PIECE_BYTES as i32).reverse_bits();
        for register in [0, 1, 0x80, 0xff00, 0xdead_beef, u32::MAX] {
            assert_eq!(across_piece(register), multiply(power, register));
        }
    }
}
