//! Masks of a bit for each byte, by the number of bytes that they keep.

/// The mask of the first n of 64 bytes, for n from 0 to 64.
pub(super) static FIRST_BYTES: [u64; 65] = {
    let mut masks = [u64::MAX; 65];
    let mut n = 0;
    while n < 64 {
        masks[n] = (1 << n) - 1;
        n += 1;
    }
    masks
};

/// The mask of the last n of 64 bytes, for n from 0 to 64.
pub(super) static LAST_BYTES: [u64; 65] = {
    let mut masks = [0; 65];
    let mut n = 1;
    while n <= 64 {
        masks[n] = u64::MAX << (64 - n);
        n += 1;
    }
    masks
};
