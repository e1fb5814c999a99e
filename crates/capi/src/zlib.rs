//! All functions of zlib's `crc32.c` by zlib's names, so that linkers have no reason to take that
//! file of a static zlib as well.

use crate::sums::export;

export!(
    crc32,
    crc32_z,
    crc32_combine,
    crc32_combine64,
    crc32_combine_gen,
    crc32_combine_gen64,
    crc32_combine_op
);

/// The remainder of each byte, reflected, for programs that compute checksums on their own.
#[unsafe(no_mangle)]
pub extern "C" fn get_crc_table() -> *const u32 {
    static TABLE: [u32; 256] = table();
    TABLE.as_ptr()
}

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut remainder = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            let is_odd = remainder & 1 == 1;
            remainder = remainder >> 1 ^ if is_odd { 0xedb8_8320 } else { 0 };
            bit += 1;
        }
        table[byte] = remainder;
        byte += 1;
    }
    table
}
