//! Long messages without a multiplier: the code XORs all but the last words into later ones and
//! forgets them.
//!
//! P divides x^300 + x^155 + x^117 + x^89 + 1, and hence x^(64 * 300) + ... + 1: squaring is
//! additive, and 64 is a power of two. So the code may XOR a word of 64 bits into the words 145,
//! 183, 211 and 300 places behind it and take it for zero (Kadatch and Jenkins 2010, the Chorba
//! method of zlib-ng):
//!
//! ```text
//! x^(64 * 300) = x^(64 * 155) + x^(64 * 117) + x^(64 * 89) + 1  (mod P)
//! word i       = the same at i + 145, i + 183, i + 211, i + 300
//! ```
//!
//! Compilers turn the loop into vectors, on every CPU. The last 300 words go through the tables.

use super::slicing::{BLOCK_BYTES, block, sliced};
use crate::poly::x_pow_mod;

/// From here on it is faster than the tables alone, which have 1.2 times the speed of the crate
/// `crc` (16 tables) at every length. Speed of this over that of `crc`, on Zen 4:
///
/// ```text
/// 4 KiB 0.9    5 KiB 1.15    6 KiB 1.36    8 KiB 1.75    16 KiB 2.4    64 KiB 3.7    1 MiB 4.8
/// ```
pub(super) const BYTES_MIN: usize = 6 << 10;

const EXPONENTS: [i32; 5] = [0, 89, 117, 155, 300];

const _: () = {
    let mut sum = 0;
    let mut i = 0;
    while i < EXPONENTS.len() {
        sum ^= x_pow_mod(EXPONENTS[i]);
        i += 1;
    }
    assert!(sum == 0, "not a multiple of P");
};

/// How many words before a word the words lie that the code XORs into it.
const DISTANCES: [usize; 4] = [300 - 155, 300 - 117, 300 - 89, 300];

/// The greatest distance.
const HISTORY_WORDS: usize = DISTANCES[3];

/// Words at a time: fewer than the least distance, so that they do not depend on each other.
const STEP_WORDS: usize = 144;

/// Words between two moves of the history to the front.
const ROUND_WORDS: usize = 7 * STEP_WORDS;

/// The register after `message`, which has at least [`BYTES_MIN`].
#[inline(never)]
pub(super) fn update(register: u32, message: &[u8]) -> u32 {
    let (words, rest) = message.as_chunks::<8>();
    let (steps, _) = words[..words.len() - HISTORY_WORDS].as_chunks::<STEP_WORDS>();
    let last = &words[steps.len() * STEP_WORDS..];
    // A history of words, then the words of a round, each with the earlier ones XORed in.
    let mut buffer = [0; HISTORY_WORDS + ROUND_WORDS];
    let mut register = u64::from(register);
    for round in steps.chunks(ROUND_WORDS / STEP_WORDS) {
        let mut end = HISTORY_WORDS;
        for step in round {
            let (before, here) = buffer.split_at_mut(end);
            let (here, _) = here.split_at_mut(STEP_WORDS);
            add(here, step, before);
            here[0] ^= core::mem::take(&mut register);
            end += STEP_WORDS;
        }
        buffer.copy_within(end - HISTORY_WORDS..end, 0);
    }
    finish(&buffer[..HISTORY_WORDS], last, rest)
}

/// `here` becomes `words` ^ what lies at each distance before them.
#[inline(always)]
fn add(here: &mut [u64], words: &[[u8; 8]; STEP_WORDS], before: &[u64]) {
    let at = |distance: usize| &before[before.len() - distance..][..STEP_WORDS];
    let [a, b, c, d] = DISTANCES.map(at);
    for i in 0..STEP_WORDS {
        here[i] = u64::from_le_bytes(words[i]) ^ a[i] ^ b[i] ^ c[i] ^ d[i];
    }
}

/// The register after the last words, each with the words of the history XORed in that lie at a
/// distance before it, and the bytes behind.
fn finish(history: &[u64], words: &[[u8; 8]], rest: &[u8]) -> u32 {
    let mut register = 0;
    let (pairs, odd) = words.as_chunks::<2>();
    let word = |index: usize| {
        let of_history = |distance| history.get((history.len() + index).wrapping_sub(distance));
        let sum = DISTANCES.into_iter().filter_map(of_history);
        sum.fold(u64::from_le_bytes(words[index]), |sum, word| sum ^ word)
    };
    for pair in 0..pairs.len() {
        let mut bytes = [0; BLOCK_BYTES];
        bytes[..8].copy_from_slice(&word(2 * pair).to_le_bytes());
        bytes[8..].copy_from_slice(&word(2 * pair + 1).to_le_bytes());
        register = block(register, &bytes);
    }
    for index in words.len() - odd.len()..words.len() {
        register = sliced(register, &word(index).to_le_bytes());
    }
    sliced(register, rest)
}
