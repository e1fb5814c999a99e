//! Messages of more than one vector.
//!
//! The end of a message is a vector that ends with it. A mask takes away the bytes that belong to
//! other vectors. So its weights do not depend on the length, and no load leaves the message.

use super::reduce::reduce;
use super::weights;
use crate::isa::Isa;

/// More than N vectors, at most N + 1: no branch.
#[inline(always)]
pub(super) fn update_few<I: Isa, const N: usize>(isa: I, register: u32, message: &[u8]) -> u32 {
    let mut vectors = [isa.multipliers([0, 0]); N];
    for (i, vector) in vectors.iter_mut().enumerate() {
        *vector = isa.load(vector_at::<I>(message, i * I::VECTOR_BYTES));
    }
    vectors[0] = isa.xor_register(vectors[0], register);
    let sum = weights::weigh(isa, vectors, message.len());
    let left_bytes = message.len() - N * I::VECTOR_BYTES;
    reduce_sum(isa, add_ending::<I, 1, 0>(isa, sum, message, left_bytes))
}

/// From N vectors on: strides of N side by side, so that the multiplier does not wait for its own
/// results.
#[inline(always)]
pub(super) fn update_strides<I: Isa, const N: usize>(isa: I, register: u32, message: &[u8]) -> u32 {
    let (vectors, _) = I::vectors(message);
    let (strides, _) = vectors.as_chunks::<N>();
    // Loops and not closures: the compiler uses the features of the tier's entry only in what it
    // inlines there.
    let mut accumulators = [isa.multipliers([0, 0]); N];
    for (accumulator, block) in accumulators.iter_mut().zip(&strides[0]) {
        *accumulator = isa.load(block);
    }
    accumulators[0] = isa.xor_register_sparingly(accumulators[0], register);
    let across_stride = isa.multipliers(I::ACROSS[N]);
    for stride in &strides[1..] {
        for (accumulator, block) in accumulators.iter_mut().zip(stride) {
            *accumulator = isa.fold(*accumulator, across_stride, isa.load(block));
        }
    }
    let left_bytes = message.len() % (N * I::VECTOR_BYTES);
    let all_left = left_bytes + N * I::VECTOR_BYTES;
    let sum = weights::weigh(isa, accumulators, all_left);
    reduce_sum(isa, add_tail::<I, N>(isa, sum, message, left_bytes))
}

/// `sum` and the last `left_bytes` of the message, fewer than N vectors.
#[inline(always)]
fn add_tail<I: Isa, const N: usize>(
    isa: I,
    sum: I::Vector,
    message: &[u8],
    left_bytes: usize,
) -> I::Vector {
    const { assert!(N == 4 || N == 8) };
    if left_bytes == 0 {
        return sum;
    }
    let is_in_half = left_bytes <= N / 2 * I::VECTOR_BYTES;
    match (N, is_in_half) {
        (4, true) => add_ending::<I, 2, 0>(isa, sum, message, left_bytes),
        (4, false) => add_ending::<I, 4, 2>(isa, sum, message, left_bytes),
        (_, true) => add_ending::<I, 4, 0>(isa, sum, message, left_bytes),
        (_, false) => add_ending::<I, 8, 4>(isa, sum, message, left_bytes),
    }
}

/// `sum` and the last `left_bytes` of the message, at most N vectors, of which the last WHOLE are
/// known to be whole. There are always N loads and no branch: a vector that the mask takes away
/// whole adds nothing.
#[inline(always)]
fn add_ending<I: Isa, const N: usize, const WHOLE: usize>(
    isa: I,
    mut sum: I::Vector,
    message: &[u8],
    left_bytes: usize,
) -> I::Vector {
    for i in (1..=N).rev() {
        let behind = (i - 1) * I::VECTOR_BYTES;
        let block = vector_at::<I>(message, message.len() - i * I::VECTOR_BYTES);
        let vector = if i <= WHOLE {
            isa.load(block)
        } else {
            let count = left_bytes.saturating_sub(behind).min(I::VECTOR_BYTES);
            isa.load_last(block, count)
        };
        sum = weights::add(isa, sum, vector, i * I::VECTOR_BYTES);
    }
    sum
}

/// The checksum after a message that is folded into its last whole vector, with `left_bytes` of the
/// message behind it.
#[inline(always)]
pub(super) fn finish_folded<I: Isa>(
    isa: I,
    last: I::Vector,
    message: &[u8],
    left_bytes: usize,
) -> u32 {
    let sum = weights::weigh(isa, [last], I::VECTOR_BYTES + left_bytes);
    finish_weighed(isa, sum, message, left_bytes)
}

/// The checksum after a message whose whole vectors have the weighed sum `sum`, with `left_bytes`
/// of the message behind them.
#[inline(always)]
pub(super) fn finish_weighed<I: Isa>(
    isa: I,
    sum: I::Vector,
    message: &[u8],
    left_bytes: usize,
) -> u32 {
    if left_bytes == 0 {
        return reduce_sum(isa, sum);
    }
    reduce_sum(isa, add_ending::<I, 1, 0>(isa, sum, message, left_bytes))
}

#[inline(always)]
fn reduce_sum<I: Isa>(isa: I, sum: I::Vector) -> u32 {
    reduce(isa, isa.sum(sum))
}

/// The vector that starts at byte `start`.
#[inline(always)]
fn vector_at<I: Isa>(message: &[u8], start: usize) -> &I::Block {
    &I::vectors(&message[start..]).0[0]
}
