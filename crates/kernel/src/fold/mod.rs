//! The fold algorithm, once for every instruction set.
//!
//! # From the definition of a CRC to the fold
//!
//! A message of n bits is a polynomial M(x) over GF(2), where XOR is addition: its first bit is the
//! coefficient of x^(n-1). A CRC of width 32 has a generator P(x) of degree 32 and a register I(x)
//! before the message. The register after the message is a remainder of long division (Peterson and
//! Brown 1961, Williams 1993):
//!
//! ```text
//! register = I(x) x^n + M(x) x^32  (mod P)
//! ```
//!
//! I(x) x^n is x^32 times I(x) x^(n-32), so the register joins the first 32 bits of the message.
//! From here on M(x) holds their sum, and the register after the message is M(x) x^32 mod P. One
//! bit a step takes n steps. Two laws of remainders let a step take more:
//!
//! ```text
//! A + B = (A mod P) + (B mod P)    (mod P)
//! A B   = A (B mod P)              (mod P)
//! ```
//!
//! Cut d bits B(x) off the end of the message: M(x) = A(x) x^d + B(x). By the second law a constant
//! of 32 bits does the work of x^d:
//!
//! ```text
//! M(x) = A(x) (x^d mod P) + B(x)  (mod P)
//! ```
//!
//! This is the fold (Gopal et al. 2009): it shortens the message by a product and a XOR. The unit
//! is a lane of 128 bits, which is two words of 64. The earlier word is `lo`, in the low half:
//!
//! ```text
//! A(x)       = lo(x) x^64 + hi(x)
//! fold(A, B) = lo(x) (x^(d+64) mod P) + hi(x) (x^d mod P) + B(x)
//! ```
//!
//! Each product has a degree below 64 + 32, so the sum fits into a lane again: two carry-less
//! multiplications move 16 bytes over any distance d. N lanes side by side take d = 128 N, and no
//! multiplication waits for the one before. At the end each word that is left moves past the end of
//! the message by a weight of its own ([`weights`]), and two more multiplications reduce the sum of
//! 96 bits to the 32 of the register (Barrett 1986, [`reduce`]). [`crate::poly`] derives the
//! constants.
//!
//! # The methods
//!
//! Each vector is multiplied once, in any order. What is left to choose is how to cut the message.
//! The length decides ([`thresholds`]):
//!
//! * [`short`]: up to one vector,
//! * [`vectors`]: some vectors, each with its weight, or strides of them side by side,
//! * [`affine`]: matrices take a part off the multiplier, where the CPU has them,
//! * [`sparse`]: a part of a long message is never multiplied, as long as it lies in the caches.
//!
//! The methods take the register before a message and return the checksum after it, which is the
//! complement of the register. There is no `unsafe` here: instruction sets differ in the leaf
//! operations of [`Isa`].
//!
//! # Sources
//!
//! * W. W. Peterson, D. T. Brown, "Cyclic codes for error detection", Proceedings of the IRE 49,
//!   1961.
//! * P. Barrett, "Implementing the Rivest Shamir and Adleman public key encryption algorithm on a
//!   standard digital signal processor", CRYPTO '86.
//! * R. N. Williams, "A painless guide to CRC error detection algorithms", 1993.
//! * V. Gopal et al., "Fast CRC computation for generic polynomials using PCLMULQDQ instruction",
//!   Intel, 2009.

#![forbid(unsafe_code)]

mod affine;
mod columns;
mod reduce;
mod short;
mod sparse;
pub(crate) mod thresholds;
mod vectors;
mod weights;

use crate::isa::Isa;
use thresholds::{AFFINE_BYTES_MIN, ALIGNED_BYTES_MIN, sparse_bytes_min, stream_bytes_min};

/// The checksum after `message`, from the checksum before it.
#[cfg(any(feature = "emu", not(target_arch = "x86_64")))]
#[inline(always)]
pub(crate) fn update<I: Isa>(isa: I, checksum: u32, message: &[u8]) -> u32 {
    update_or(isa, checksum, message, |checksum, message| {
        long(isa, checksum, message)
    })
}

/// [`update`], where `long` computes long messages. A tier keeps [`long`] in a function of its own:
/// the registers and the stack of long messages would cost the short ones a nanosecond. So would
/// some of the comparisons, hence the shortest length comes first.
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
        return vectors::update_few::<I, 1>(isa, register, message);
    }
    if message.len() <= I::VECTOR_BYTES * 3 {
        return vectors::update_few::<I, 2>(isa, register, message);
    }
    if message.len() < I::VECTOR_BYTES * 4 {
        return vectors::update_few::<I, 3>(isa, register, message);
    }
    if is_long::<I>(message) {
        return long(checksum, message);
    }
    if I::IS_WIDE && message.len() >= I::VECTOR_BYTES * 8 {
        return vectors::update_strides::<I, 8>(isa, register, message);
    }
    vectors::update_strides::<I, 4>(isa, register, message)
}

/// Whether the message is one for [`long`].
#[inline(always)]
fn is_long<I: Isa>(message: &[u8]) -> bool {
    let long_bytes_min = const {
        match (I::VECTOR_BYTES, I::HAS_AFFINE) {
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
            vectors::update_strides::<I, 4>(isa, register, rest)
        }
        Method::Affine => affine::update(isa, register, message),
        Method::Sparse => {
            let (register, rest) = aligned(isa, register, message);
            if I::HAS_MASKED_LOADS {
                sparse::update::<I, sparse::OneOfThree, 12, 1>(isa, register, rest)
            } else {
                sparse::update::<I, sparse::TwoOfFive, 10, 2>(isa, register, rest)
            }
        }
    }
}

/// The method for a long message.
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
        let sparse_bytes_min = const { sparse_bytes_min(I::VECTOR_BYTES, I::HAS_AFFINE) };
        if len_bytes >= sparse_bytes_min && !is_stream {
            Self::Sparse
        } else if I::HAS_AFFINE {
            Self::Affine
        } else {
            Self::Strides
        }
    }
}

/// The register before the first vector that is aligned in memory, and the message from there on: a
/// load that crosses lines takes the time of two.
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
    use crate::emu::Emu;
    use crate::isa::Isa;

    static ZEROS: [u8; 16 << 20] = [0; 16 << 20];

    /// The method for a length, `None` if it is not long.
    fn method<I: Isa>(len_bytes: usize) -> Option<Method> {
        is_long::<I>(&ZEROS[..len_bytes]).then(|| Method::of::<I>(len_bytes))
    }

    fn methods<I: Isa, const N: usize>(lengths_bytes: [usize; N]) -> [Option<Method>; N] {
        lengths_bytes.map(method::<I>)
    }

    /// No checksum shows its method, but this test does, from both sides of each threshold.
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

    /// Verification goes by the published thresholds.
    #[test]
    fn methods_change_at_the_published_thresholds() {
        fn compare<I: Isa>(thresholds: &[usize]) {
            // Shorter lengths are not long, whatever the method.
            for len in 257..=ZEROS.len() {
                let changes = method::<I>(len) != method::<I>(len - 1);
                assert_eq!(changes, thresholds.contains(&len), "{len}");
            }
        }
        compare::<Emu<1, 16>>(thresholds::XMM);
        compare::<Emu<2, 32>>(thresholds::YMM);
        compare::<Emu<4, 64>>(thresholds::ZMM);
        compare::<Emu<4, 64, true>>(thresholds::ZMM_AFFINE);
    }
}
