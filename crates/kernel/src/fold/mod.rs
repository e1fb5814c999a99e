//! The fold algorithm, once for every instruction set.
//!
//! A message is a polynomial M(x), the register is XORed into its first four bytes, and the register
//! after it is M(x) x^32 mod P (Gopal et al. 2009). A vector of the message is moved towards the end
//! by multiplication with x^distance mod P, which keeps the remainder:
//!
//! ```text
//! fold(a, k, b) = a(x) x^distance + b(x)  (mod P)
//! ```
//!
//! Each vector is multiplied once, whatever the order. What is left to choose is how the message is
//! cut, by its length:
//!
//! * [`short`]: up to one vector,
//! * [`vectors`]: some vectors, each weighed by what follows it, or strides of them side by side,
//! * [`affine`]: a part is taken off the multiplier, where the CPU has matrices for it,
//! * [`sparse`]: long messages, of which a part is never multiplied, as far as they are in the caches.
//!
//! The sum of the weighed lanes is reduced to 32 bits ([`reduce`]), whose complement is the checksum: the methods take
//! the register before a message and return the checksum after it. There is no `unsafe` here: what differs between
//! instruction sets are the leaf operations of [`Isa`].

#![forbid(unsafe_code)]

mod affine;
mod columns;
mod reduce;
mod short;
mod sparse;
mod vectors;
mod weights;

use crate::arch::Isa;

/// The lengths from which on another path is taken, for vectors of so many bytes with and without
/// masked loads. Public through [`crate::Tier::thresholds`].
pub(crate) mod thresholds {
    use super::{AFFINE_BYTES_MIN, ALIGNED_BYTES_MIN, sparse_bytes_min, stream_bytes_min};

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
}

/// From here on the sparse multiple is faster than strides alone, on Zen 4, which multiplies a vector in two
/// cycles, and at its best on an Intel Xeon, which does it in one (cached, GB/s against GB/s; Intel's are the
/// highest: its medians are below strides, docs/performance.md):
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
/// So with 64 bytes and without matrices, which is for Intel ([`crate::Tier::preferred`]), it is never used.
const fn sparse_bytes_min(vector_bytes: usize, has_affine: bool) -> usize {
    match (vector_bytes, has_affine) {
        (16, _) => 32 << 10,
        (32, _) => 48 << 10,
        (_, false) => NEVER,
        (_, true) => 48 << 10,
    }
}

/// From here on a message is taken to come from memory, where the sparse multiple loses what it gains in
/// the caches: vectors that are read out of order keep the CPU's prefetcher from running ahead (Zen 4,
/// against the best of libdeflate, crc32fast and crc-fast: 0.8 to 0.95, and what is read in order 0.97 to
/// 1.03). With vectors of 16 bytes it does not lose: 1.3 to 1.5.
const fn stream_bytes_min(vector_bytes: usize) -> usize {
    match vector_bytes {
        16 => NEVER,
        _ => 12 << 20,
    }
}

/// More bytes than a message can have.
const NEVER: usize = usize::MAX;

/// From here on matrices are faster than strides alone (Zen 4, ns against ns): 2 KiB 37.3 : 37.1, 3 KiB
/// 51.3 : 54.4, 4 KiB 66.5 : 71.8, 8 KiB 127 : 141.
const AFFINE_BYTES_MIN: usize = 3 << 10;

/// From here on strides of 64-byte vectors start at one that is aligned in memory, for the tier without matrices.
/// Every load that is not aligned crosses a line, and where lines come from L2 that takes what the multiplier
/// leaves; to reach the first aligned vector takes some 6 ns (Intel Xeon, start off by one, GB/s aligned : as the
/// message starts):
///
/// ```text
///          4 KiB        8 KiB        12 KiB       16 KiB       64 KiB       1 MiB
/// from L1  66.3 : 76.1  75.2 : 79.9  77.9 : 77.4  81.5 : 82.9
/// from L2  75.7 : 65.0  82.0 : 67.3  84.2 : 67.9  85.4 : 68.4  87.1 : 66.7  80.9 : 57.5
/// ```
const ALIGNED_BYTES_MIN: usize = 12 << 10;

/// The checksum after `message`, from the checksum before it.
#[cfg(any(feature = "emu", not(target_arch = "x86_64")))]
#[inline(always)]
pub(crate) fn update<I: Isa>(isa: I, checksum: u32, message: &[u8]) -> u32 {
    update_or(isa, checksum, message, |checksum, message| {
        long(isa, checksum, message)
    })
}

/// The same, where a long message is given to `long`: a tier keeps [`long`] in a function of its own, for what long
/// messages need of registers and stack would cost the short ones a nanosecond. So would some of the comparisons,
/// hence the shortest comes first.
#[inline(always)]
pub(crate) fn update_or<I: Isa>(
    isa: I,
    checksum: u32,
    message: &[u8],
    long: impl FnOnce(u32, &[u8]) -> u32,
) -> u32 {
    let register = !checksum;
    if message.len() <= I::VECTOR_BYTES {
        return short::update(isa, register, message);
    }
    if message.len() <= I::VECTOR_BYTES * 2 {
        return vectors::few::<I, 1>(isa, register, message);
    }
    if message.len() <= I::VECTOR_BYTES * 3 {
        return vectors::few::<I, 2>(isa, register, message);
    }
    if message.len() < I::VECTOR_BYTES * 4 {
        return vectors::few::<I, 3>(isa, register, message);
    }
    if is_long::<I>(message) {
        return long(checksum, message);
    }
    if I::WIDE && message.len() >= I::VECTOR_BYTES * 8 {
        return vectors::strides::<I, 8>(isa, register, message);
    }
    vectors::strides::<I, 4>(isa, register, message)
}

/// Whether the message is one for [`long`].
#[inline(always)]
fn is_long<I: Isa>(message: &[u8]) -> bool {
    let long_bytes_min = const {
        match (I::VECTOR_BYTES, I::AFFINE) {
            (64, true) => AFFINE_BYTES_MIN,
            (64, false) => ALIGNED_BYTES_MIN,
            (bytes, _) => sparse_bytes_min(bytes, false),
        }
    };
    message.len() >= long_bytes_min
}

/// The checksum after a long message.
#[inline(always)]
pub(crate) fn long<I: Isa>(isa: I, checksum: u32, message: &[u8]) -> u32 {
    let register = !checksum;
    match Method::of::<I>(message.len()) {
        Method::Strides => {
            let (register, rest) = aligned(isa, register, message);
            vectors::strides::<I, 4>(isa, register, rest)
        }
        Method::Affine => affine::update(isa, register, message),
        Method::Sparse => {
            let (register, rest) = aligned(isa, register, message);
            if I::MASKED {
                sparse::update::<I, sparse::OneOfThree, 12, 1>(isa, register, rest)
            } else {
                sparse::update::<I, sparse::TwoOfFive, 10, 2>(isa, register, rest)
            }
        }
    }
}

/// What is done with a long message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    Strides,
    Affine,
    Sparse,
}

impl Method {
    #[inline(always)]
    fn of<I: Isa>(len_bytes: usize) -> Self {
        let is_stream = len_bytes >= const { stream_bytes_min(I::VECTOR_BYTES) };
        let sparse_bytes_min = const { sparse_bytes_min(I::VECTOR_BYTES, I::AFFINE) };
        if len_bytes >= sparse_bytes_min && !is_stream {
            Self::Sparse
        } else if I::AFFINE {
            Self::Affine
        } else {
            Self::Strides
        }
    }
}

/// The register before the first vector that is aligned in memory, and the message from there on: a load that
/// crosses lines takes the time of two.
#[inline(always)]
fn aligned<I: Isa>(isa: I, register: u32, message: &[u8]) -> (u32, &[u8]) {
    let unaligned = message.as_ptr().addr().wrapping_neg() % I::VECTOR_BYTES;
    let (head, rest) = message.split_at(unaligned);
    if unaligned == 0 {
        (register, rest)
    } else {
        (!short::update(isa, register, head), rest)
    }
}

#[cfg(all(test, feature = "emu"))]
mod tests {
    use super::Method::{self, Affine, Sparse, Strides};
    use super::{is_long, thresholds};
    use crate::arch::Isa;
    use crate::arch::emu::Emu;

    static ZEROS: [u8; 16 << 20] = [0; 16 << 20];

    /// What a length gets, `None` if it is not long.
    fn method<I: Isa>(len_bytes: usize) -> Option<Method> {
        is_long::<I>(&ZEROS[..len_bytes]).then(|| Method::of::<I>(len_bytes))
    }

    fn methods<I: Isa, const N: usize>(lengths_bytes: [usize; N]) -> [Option<Method>; N] {
        lengths_bytes.map(method::<I>)
    }

    /// No checksum shows by which method it was computed: this does, from both sides of each threshold.
    #[test]
    fn a_method_begins_and_ends_at_its_thresholds() {
        const KIB: usize = 1 << 10;
        const STREAM: usize = 12 << 20;
        let lengths = [32 * KIB - 1, 32 * KIB, STREAM - 1, STREAM];
        let expected = [None, Some(Sparse), Some(Sparse), Some(Sparse)];
        assert_eq!(methods::<Emu<1, 16>, 4>(lengths), expected);
        let lengths = [48 * KIB - 1, 48 * KIB, STREAM - 1, STREAM];
        let expected = [None, Some(Sparse), Some(Sparse), Some(Strides)];
        assert_eq!(methods::<Emu<2, 32>, 4>(lengths), expected);
        let lengths = [12 * KIB - 1, 12 * KIB, STREAM - 1, STREAM];
        let expected = [None, Some(Strides), Some(Strides), Some(Strides)];
        assert_eq!(methods::<Emu<4, 64>, 4>(lengths), expected);
        let lengths = [48 * KIB - 1, 48 * KIB, STREAM - 1, STREAM];
        let expected = [Some(Affine), Some(Sparse), Some(Sparse), Some(Affine)];
        assert_eq!(methods::<Emu<4, 64, true>, 4>(lengths), expected);
        let expected = [None, Some(Affine)];
        assert_eq!(
            methods::<Emu<4, 64, true>, 2>([3 * KIB - 1, 3 * KIB]),
            expected
        );
    }

    /// What verification is told of is where methods change.
    #[test]
    fn thresholds_that_are_told_are_those_that_are_taken() {
        fn told<I: Isa>(thresholds: &[usize]) {
            // Below, they are those of `not_long`.
            for len in 257..=ZEROS.len() {
                let changes = method::<I>(len) != method::<I>(len - 1);
                assert_eq!(changes, thresholds.contains(&len), "{len}");
            }
        }
        told::<Emu<1, 16>>(thresholds::XMM);
        told::<Emu<2, 32>>(thresholds::YMM);
        told::<Emu<4, 64>>(thresholds::ZMM);
        told::<Emu<4, 64, true>>(thresholds::ZMM_AFFINE);
    }
}
