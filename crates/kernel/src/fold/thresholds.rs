//! The lengths at which the fold algorithm changes its method, each with its measurement.

/// For each kind of vector, the lengths in bytes from which on the code takes another path. Public
/// through [`crate::Tier::thresholds`].
pub(crate) const XMM: &[usize] = &[1, 4, 9, 17, 33, 49, 64, 128, sparse_bytes_min(16, false)];
pub(crate) const YMM: &[usize] = &[
    1,
    4,
    9,
    17,
    33,
    65,
    97,
    128,
    sparse_bytes_min(32, false),
    stream_bytes_min(32),
];
pub(crate) const ZMM: &[usize] = &[17, 65, 129, 193, 256, ALIGNED_BYTES_MIN];
pub(crate) const ZMM_AFFINE: &[usize] = &[
    17,
    65,
    129,
    193,
    256,
    AFFINE_BYTES_MIN,
    sparse_bytes_min(64, true),
    stream_bytes_min(64),
];

/// From here on the sparse multiple is faster than strides alone on Zen 4, which multiplies a
/// vector in two cycles. An Intel Xeon does it in one, and there the sparse multiple gains at its
/// best only (sparse : strides in GB/s, cached; Intel's figures are the highest, its medians are
/// below those of strides, docs/performance.md):
///
/// ```text
///                  16 KiB         24 KiB         32 KiB         64 KiB         1 MiB
/// 16 bytes  Zen 4  16.6 : 14.6    18.5 : 14.6    19.7 : 14.7    21.7 : 14.7
///           Intel  21   : 23.5    23.5 : 23.5    25   : 23.5    27.6 : 23.7    31 : 23.8
/// 32 bytes  Zen 4  27.0 : 28.9    30.6 : 29.1    33.3 : 29.3    38.6 : 29.4
///           Intel                 38   : 46      40   : 45.5    47   : 45      56 : 45
/// 64 bytes  Zen 4  56.7 : 58.2    63.4 : 58.5    66.2 : 58.6    72.6 : 58.8
///           Intel                 71   : 90      79   : 90      82   : 89      88 : 89
/// ```
///
/// The tier with 64 bytes and without matrices is for Intel ([`crate::Tier::preferred`]), so it
/// never uses the sparse multiple.
pub(super) const fn sparse_bytes_min(vector_bytes: usize, has_affine: bool) -> usize {
    match (vector_bytes, has_affine) {
        (16, _) => 32 << 10,
        (32, _) => 48 << 10,
        (_, false) => NEVER,
        (_, true) => 48 << 10,
    }
}

/// From here on a message probably comes from memory, where the sparse multiple loses what it gains
/// in the caches: it reads vectors out of order, which keeps the CPU's prefetcher from running
/// ahead.
///
/// Zen 4, against the best of libdeflate, crc32fast and crc-fast: 0.8 to 0.95, and 0.97 to 1.03 in
/// order. With vectors of 16 bytes the sparse multiple does not lose: 1.3 to 1.5.
pub(super) const fn stream_bytes_min(vector_bytes: usize) -> usize {
    match vector_bytes {
        16 => NEVER,
        _ => 12 << 20,
    }
}

/// More bytes than a message can have.
const NEVER: usize = usize::MAX;

/// From here on matrices are faster than strides alone (matrices : strides in ns, Zen 4): 2 KiB
/// 37.3 : 37.1, 3 KiB 51.3 : 54.4, 4 KiB 66.5 : 71.8, 8 KiB 127 : 141.
pub(super) const AFFINE_BYTES_MIN: usize = 3 << 10;

/// From here on strides of 64-byte vectors start at one that is aligned in memory, in the tier
/// without matrices. Every unaligned load crosses a line, and lines from L2 take the time that the
/// multiplier leaves. It takes about 6 ns to reach the first aligned vector (aligned : as the
/// message starts in GB/s, Intel Xeon, start off by one):
///
/// ```text
///          4 KiB        8 KiB        12 KiB       16 KiB       64 KiB       1 MiB
/// from L1  66.3 : 76.1  75.2 : 79.9  77.9 : 77.4  81.5 : 82.9
/// from L2  75.7 : 65.0  82.0 : 67.3  84.2 : 67.9  85.4 : 68.4  87.1 : 66.7  80.9 : 57.5
/// ```
pub(super) const ALIGNED_BYTES_MIN: usize = 12 << 10;
