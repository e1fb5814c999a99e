//! A shortcut for messages that are nearly zero. Random messages never take it.

use crate::crc32;

/// Shorter messages, in bytes, do not take the shortcut.
const SHORTCUT_FROM: usize = 16;

/// The bytes that are not zero, with their places; `None` if there are more than two of them.
pub(crate) fn few(message: &[u8]) -> Option<Vec<(usize, u8)>> {
    let bytes = message.iter().copied().enumerate();
    let set: Vec<_> = bytes.filter(|(_, byte)| *byte != 0).take(3).collect();
    (message.len() >= SHORTCUT_FROM && set.len() < 3).then_some(set)
}

/// The checksum of `len_bytes` zeros with these bytes in them: with B the byte at place p of n,
///
/// register = register_in x^(8 n) + sum of B x^32 x^(8 (n - p - 1))   (mod P).
pub(crate) fn checksum(checksum: u32, len_bytes: usize, bytes: &[(usize, u8)]) -> u32 {
    let shift =
        |register: u32, count: usize| crc32::multiply(crc32::power(8 * count as u128), register);
    let start = shift(!checksum, len_bytes);
    let sum = bytes.iter().fold(start, |sum, &(place, byte)| {
        sum ^ shift(crc32::update_register(0, &[byte]), len_bytes - place - 1)
    });
    !sum
}
