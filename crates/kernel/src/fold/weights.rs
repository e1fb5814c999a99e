//! The weight of each word of a message: the multiplier that moves it past the message's end.
//!
//! A message of n bytes is the sum of its words of 64 bits, each times the power of x of its
//! distance from the end. The register after the message is
//!
//! ```text
//! sum over q of word_q(x) x^(8 n - 64 (q + 1) + 32)  (mod P)
//! ```
//!
//! The exponent may be negative, because x has an inverse modulo P. So the last word may reach
//! beyond the end of the message, into zeros, and no tail needs a shift into its place.
//!
//! A weight is the remainder of x^(8 n - 64 (q + 1) + 31) in the low half of a reflected word,
//! where it stands for itself times x^32. The product stands for one x more, so its bit 95 is x^0.

use super::columns::{Removal, Step};
use crate::isa::Isa;
use crate::poly::x_pow_mod;
use core::marker::PhantomData;

/// Words in the widest vector.
pub(super) const VECTOR_WORDS: usize = 8;

/// The weights of one vector.
pub(super) type Row = [u64; VECTOR_WORDS];

const fn weight(left_bytes: usize, word: usize) -> u64 {
    x_pow_mod(8 * left_bytes as i32 - 64 * (word as i32 + 1) + 31).reverse_bits() as u64
}

/// A row for each number of bytes up to the widest vector. Its address takes little time to
/// compute, which counts for a short message.
#[repr(align(64))]
struct Short([Row; SHORT_BYTES_MAX + 1]);

const SHORT_BYTES_MAX: usize = 8 * VECTOR_WORDS;

static SHORT: Short = {
    let mut rows = [[0; VECTOR_WORDS]; SHORT_BYTES_MAX + 1];
    let mut left_bytes = 0;
    while left_bytes < rows.len() {
        let mut word = 0;
        while word < VECTOR_WORDS {
            rows[left_bytes][word] = weight(left_bytes, word);
            word += 1;
        }
        left_bytes += 1;
    }
    Short(rows)
};

/// The most bytes that are left of a message where a weighed vector starts: eight columns of 64
/// bytes and all but one byte of the next vector.
const LEFT_BYTES_MAX: usize = 575;

const WORDS_MAX: usize = LEFT_BYTES_MAX / 8;

/// Words in a row of [`LONG`]. The last are unused: a power of two makes the address cheap.
const ROW_WORDS: usize = (WORDS_MAX + VECTOR_WORDS).next_power_of_two();

/// Lengths that are equal modulo 8 have the same weights, moved by whole words. So one row serves
/// all of them, from another start.
#[repr(align(64))]
struct Long([[u64; ROW_WORDS]; 8]);

static LONG: Long = {
    let mut rows = [[0; ROW_WORDS]; 8];
    let mut rest = 0;
    while rest < 8 {
        let mut word = 0;
        while word < WORDS_MAX + VECTOR_WORDS {
            rows[rest][word] = weight(8 * WORDS_MAX + rest, word);
            word += 1;
        }
        rest += 1;
    }
    Long(rows)
};

/// The weights of a vector at whose start `left_bytes` of the message are left, at most
/// [`SHORT_BYTES_MAX`].
#[inline(always)]
pub(super) fn short(left_bytes: usize) -> &'static Row {
    &SHORT.0[left_bytes]
}

/// The weights of the words from one on at whose start `left_bytes` of the message are left.
#[inline(always)]
fn long(left_bytes: usize) -> &'static [u64] {
    &LONG.0[left_bytes % 8][WORDS_MAX - left_bytes / 8..]
}

/// The sum of the vectors times their weights. The vectors lie one behind the other, and at the
/// start of the first `left_bytes` of the message are left.
#[inline(always)]
pub(super) fn weigh<I: Isa, const N: usize>(
    isa: I,
    vectors: [I::Vector; N],
    left_bytes: usize,
) -> I::Vector {
    let row = long(left_bytes);
    let mut sum = isa.product(vectors[0], of_vector(isa, row, 0));
    for (i, vector) in vectors.into_iter().enumerate() {
        if i > 0 {
            sum = isa.fold(vector, of_vector(isa, row, i), sum);
        }
    }
    sum
}

/// `sum` plus a vector times its weights; at the start of the vector `left_bytes` of the message
/// are left.
#[inline(always)]
pub(super) fn add<I: Isa>(
    isa: I,
    sum: I::Vector,
    vector: I::Vector,
    left_bytes: usize,
) -> I::Vector {
    isa.fold(vector, of_vector(isa, long(left_bytes), 0), sum)
}

/// The weights of vector `i` from the start of the row on.
#[inline(always)]
fn of_vector<I: Isa>(isa: I, row: &[u64], i: usize) -> I::Vector {
    let weights = row[i * I::VECTOR_BYTES / 8..].first_chunk();
    isa.weights(weights.expect("the row is longer"))
}

/// [`weigh`] for columns. The removed ones hold nothing.
pub(super) struct AddKept<'s, I: Isa, S> {
    isa: I,
    removal: PhantomData<S>,
    row: &'static [u64],
    sum: &'s mut I::Vector,
}

impl<'s, I: Isa, S: Removal> AddKept<'s, I, S> {
    #[inline(always)]
    pub(super) fn new(isa: I, sum: &'s mut I::Vector, left_bytes: usize) -> Self {
        Self {
            isa,
            removal: PhantomData,
            row: long(left_bytes),
            sum,
        }
    }
}

impl<I: Isa, S: Removal> Step<I::Vector> for AddKept<'_, I, S> {
    #[inline(always)]
    fn step<const J: usize>(&mut self, column: I::Vector) -> I::Vector {
        if const { S::IS_KEPT[J] } {
            let weights = of_vector(self.isa, self.row, J);
            *self.sum = self.isa.fold(column, weights, *self.sum);
        }
        column
    }
}
