//! The loops that the article compares, as they are right: over bits, bytes, and aligned words.

use crcheck_oracle::model::Model;

/// A table of what a byte becomes after eight shifts to the right.
pub(super) type Table = [u32; 256];

/// The polynomial, lowest bit first.
const fn poly() -> u32 {
    (Model::CRC_32_ISO_HDLC.poly as u32).reverse_bits()
}

/// A register after one more bit, which has entered already.
const fn step(register: u32) -> u32 {
    (register >> 1) ^ (poly() * (register & 1))
}

/// The table.
pub(super) fn table() -> Table {
    let mut table = [0; 256];
    for (byte, entry) in (0..).zip(&mut table) {
        *entry = (0..8).fold(byte, |register, _| step(register));
    }
    table
}

/// The checksum, a bit at a time.
pub(super) fn checksum_by_bits(message: &[u8]) -> u32 {
    !message.iter().fold(!0, |register, &byte| {
        (0..8).fold(register ^ u32::from(byte), |register, _| step(register))
    })
}

/// How many steps [`checksum_by_bits`] takes.
pub(super) fn steps_of_bits(message: &[u8]) -> usize {
    message.iter().map(|_| (0..8).count()).sum()
}

/// The checksum, a byte at a time.
pub(super) fn checksum_by_bytes(table: &Table, message: &[u8]) -> u32 {
    !update_by_bytes(table, !0, message)
}

/// The checksum, with the bytes from words of 32 bits at multiples of four.
pub(super) fn checksum_by_words(table: &Table, message: &[u8]) -> u32 {
    let misaligned_bytes = message.as_ptr().align_offset(4).min(message.len());
    let (head, rest) = message.split_at(misaligned_bytes);
    let (words, tail) = rest.as_chunks::<4>();
    let register = update_by_bytes(table, !0, head);
    let register = words.iter().fold(register, |register, word| {
        (0..4).fold(register ^ u32::from_le_bytes(*word), |register, _| {
            (register >> 8) ^ table[usize::from(register as u8)]
        })
    });
    !update_by_bytes(table, register, tail)
}

fn update_by_bytes(table: &Table, register: u32, message: &[u8]) -> u32 {
    message.iter().fold(register, |register, &byte| {
        (register >> 8) ^ table[usize::from(register as u8 ^ byte)]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_loop_computes_what_the_judges_do() {
        let judge = crcheck_oracle::slicing_16::Slicing16::new(&Model::CRC_32_ISO_HDLC);
        let table = table();
        let bytes: Vec<u8> = (0..200_u8).collect();
        for start in 0..8 {
            for end in start..bytes.len() {
                let message = &bytes[start..end];
                let expected = crcheck_oracle::Judge::update(&judge, 0, message) as u32;
                assert_eq!(checksum_by_bits(message), expected);
                assert_eq!(checksum_by_bytes(&table, message), expected);
                assert_eq!(checksum_by_words(&table, message), expected);
            }
        }
    }
}
