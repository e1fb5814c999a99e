//! Masks of a byte for each byte, by the number of bytes that they keep.

/// Zeros, then ones: the mask that keeps the last `count` bytes of a vector of N starts at byte
/// `count` of a table of 2 N.
pub(crate) const fn last_bytes<const N: usize, const TWICE: usize>() -> [u8; TWICE] {
    assert!(TWICE == 2 * N);
    let mut masks = [0; TWICE];
    let mut byte = N;
    while byte < TWICE {
        masks[byte] = 0xff;
        byte += 1;
    }
    masks
}
