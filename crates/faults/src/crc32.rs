//! CRC-32/ISO-HDLC in plain code with tables of its own. It shares nothing with the kernel and the
//! oracle, so that no mistake of theirs is in it.

/// The polynomial of CRC-32/ISO-HDLC, reflected.
pub(crate) const IEEE: u32 = 0xedb8_8320;

/// The polynomial of CRC-32/ISCSI (Castagnoli), reflected.
pub(crate) const CASTAGNOLI: u32 = 0x82f6_3b78;

/// Row k holds what a byte becomes when k more bytes follow it.
pub(crate) type Table = [[u32; 256]; 16];

/// The table of a reflected polynomial.
pub(crate) const fn table(poly: u32) -> Table {
    let mut rows = [[0; 256]; 16];
    let mut byte = 0;
    while byte < 256 {
        let mut word = byte as u32;
        let mut row = 0;
        while row < 16 {
            let mut bit = 0;
            while bit < 8 {
                word = (word >> 1) ^ (poly * (word & 1));
                bit += 1;
            }
            rows[row][byte] = word;
            row += 1;
        }
        byte += 1;
    }
    rows
}

static TABLE: Table = table(IEEE);

/// The register after `message`, by any table.
pub(crate) fn update_by_table(rows: &Table, register: u32, message: &[u8]) -> u32 {
    let (blocks, rest) = message.as_chunks::<16>();
    let register = blocks.iter().fold(register, |register, block| {
        let entry = |i: usize| rows[15 - i][usize::from(block[i])];
        let later = (4..16).fold(0, |sum, i| sum ^ entry(i));
        let first = register ^ u32::from_le_bytes([block[0], block[1], block[2], block[3]]);
        let byte = |i: u32| (first >> (8 * i) & 0xff) as usize;
        later ^ (rows[15][byte(0)] ^ rows[14][byte(1)]) ^ (rows[13][byte(2)] ^ rows[12][byte(3)])
    });
    rest.iter().fold(register, |register, &byte| {
        (register >> 8) ^ rows[0][usize::from(register as u8 ^ byte)]
    })
}

/// The right register after `message`.
pub(crate) fn update_register(register: u32, message: &[u8]) -> u32 {
    update_by_table(&TABLE, register, message)
}

/// The right checksum after `message`.
pub(crate) fn update(checksum: u32, message: &[u8]) -> u32 {
    !update_register(!checksum, message)
}

/// The product of two remainders, reflected.
pub(crate) fn multiply(a: u32, b: u32) -> u32 {
    let shifted = (0..32).scan(b, |word, _| {
        let now = *word;
        *word = (now >> 1) ^ (IEEE * (now & 1));
        Some(now)
    });
    shifted
        .enumerate()
        .fold(0, |sum, (i, word)| sum ^ (word * (a >> (31 - i) & 1)))
}

/// x^n mod P, reflected, for n in bits.
pub(crate) fn power(bits: u128) -> u32 {
    let (mut power, mut square, mut rest) = (1 << 31, 1 << 30, bits);
    while rest != 0 {
        if rest & 1 == 1 {
            power = multiply(power, square);
        }
        square = multiply(square, square);
        rest >>= 1;
    }
    power
}

/// x^n mod P, reflected, for any n in bits: the order of x divides 2^32 - 1.
pub(crate) fn power_signed(bits: i64) -> u32 {
    power(bits.rem_euclid((1 << 32) - 1) as u128)
}

/// The right checksum of A||B, `len_b` in bytes.
pub(crate) fn combine(a: u32, b: u32, len_b: u64) -> u32 {
    multiply(power(u128::from(len_b) * 8), a) ^ b
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update_by_definition(checksum: u32, message: &[u8]) -> u32 {
        !message.iter().fold(!checksum, |register, byte| {
            (0..8).fold(register ^ u32::from(*byte), |word, _| {
                (word >> 1) ^ (IEEE * (word & 1))
            })
        })
    }

    #[test]
    fn update_and_combine_are_right() {
        assert_eq!(update(0, b"123456789"), 0xcbf4_3926);
        let text: Vec<u8> = (0..200).map(|i| (i * 7) as u8).collect();
        for length in 0..text.len() {
            let (head, tail) = text.split_at(length);
            assert_eq!(update(5, head), update_by_definition(5, head));
            assert_eq!(
                combine(update(0, head), update(0, tail), tail.len() as u64),
                update(0, &text)
            );
        }
    }
}
