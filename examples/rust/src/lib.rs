//! A crate with kernels of its own: one is wrong, to show what crcheck says.

/// CRC-32/ISO-HDLC after `buf`, from the checksum before it.
pub fn crc32(crc: u32, buf: &[u8]) -> u32 {
    let mut register = !crc;
    for &byte in buf {
        register ^= u32::from(byte);
        for _ in 0..8 {
            register = (register >> 1) ^ (0xedb8_8320 & (register & 1).wrapping_neg());
        }
    }
    !register
}

/// The same, eight bytes at a time. It forgets those behind the last eight.
pub fn crc32_by_words(crc: u32, buf: &[u8]) -> u32 {
    buf.chunks_exact(8).fold(crc, crc32)
}

/// CRC-16/KERMIT of `buf`.
pub fn kermit(buf: &[u8]) -> u16 {
    let mut register = 0;
    for &byte in buf {
        register ^= u16::from(byte);
        for _ in 0..8 {
            register = (register >> 1) ^ (0x8408 & (register & 1).wrapping_neg());
        }
    }
    register
}

/// CRC-32/ISO-HDLC by a table that has a row for each of several bytes.
pub struct Table(Vec<[u32; 256]>);

impl Table {
    /// A table for this number of bytes at a time.
    pub fn new(rows: usize) -> Self {
        let row = |zeros: usize| {
            std::array::from_fn(|byte| {
                let message = vec![0; zeros];
                !crc32(crc32(!0, &[byte as u8]), &message)
            })
        };
        Self((0..rows).map(row).collect())
    }

    /// The checksum after `buf`, from the checksum before it.
    pub fn update(&self, crc: u32, buf: &[u8]) -> u32 {
        let Self(rows) = self;
        let mut register = !crc;
        for chunk in buf.chunks(rows.len()) {
            let mut next = 0;
            for (at, &byte) in chunk.iter().enumerate() {
                let low = register.checked_shr(8 * at as u32).unwrap_or(0) as u8;
                next ^= rows[chunk.len() - 1 - at][usize::from(low ^ byte)];
            }
            register = next ^ register.checked_shr(8 * chunk.len() as u32).unwrap_or(0);
        }
        !register
    }
}
