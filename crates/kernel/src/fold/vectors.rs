//! Messages of more than one vector.
//!
//! The end of a message is a vector that ends with it, from which the bytes that are in other vectors
//! are masked away: its weights do not depend on the length, and no load leaves the message.

use super::reduce::reduce;
use super::weights;
use crate::arch::Isa;

/// More than N vectors, at most N + 1: no branch.
#[inline(always)]
pub(super) fn few<I: Isa, const N: usize>(isa: I, register: u32, message: &[u8]) -> u32 {
    let mut vectors = [isa.multipliers([0, 0]); N];
    for (i, vector) in vectors.iter_mut().enumerate() {
        *vector = isa.load(at::<I>(message, i * I::VECTOR_BYTES));
    }
    vectors[0] = isa.xor_register(vectors[0], register);
    let sum = weights::weigh(isa, vectors, message.len());
    let left_bytes = message.len() - N * I::VECTOR_BYTES;
    finish(isa, ending::<I, 1, 0>(isa, sum, message, left_bytes))
}

/// From N vectors on: strides of N side by side, so that the multiplier need not wait for its own
/// results.
#[inline(always)]
pub(super) fn strides<I: Isa, const N: usize>(isa: I, register: u32, message: &[u8]) -> u32 {
    let (vectors, _) = I::vectors(message);
    let (strides, _) = vectors.as_chunks::<N>();
    // Loops and not closures: what is called between here and the tier's entry is compiled for its
    // features only if it is inlined.
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
    finish(isa, tail::<I, N>(isa, sum, message, left_bytes))
}

/// `sum` and the last `left_bytes` of the message, fewer than N vectors.
#[inline(always)]
fn tail<I: Isa, const N: usize>(
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
        (4, true) => ending::<I, 2, 0>(isa, sum, message, left_bytes),
        (4, false) => ending::<I, 4, 2>(isa, sum, message, left_bytes),
        (_, true) => ending::<I, 4, 0>(isa, sum, message, left_bytes),
        (_, false) => ending::<I, 8, 4>(isa, sum, message, left_bytes),
    }
}

/// `sum` and the last `left_bytes` of the message, at most N vectors, of which the last WHOLE are known to be whole:
/// always N loads and no branch; what is masked away whole adds nothing.
#[inline(always)]
fn ending<I: Isa, const N: usize, const WHOLE: usize>(
    isa: I,
    mut sum: I::Vector,
    message: &[u8],
    left_bytes: usize,
) -> I::Vector {
    for i in (1..=N).rev() {
        let behind = (i - 1) * I::VECTOR_BYTES;
        let block = at::<I>(message, message.len() - i * I::VECTOR_BYTES);
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

/// The checksum after a message that is folded into its last whole vector, behind which `left_bytes`
/// of it are left.
#[inline(always)]
pub(super) fn end<I: Isa>(isa: I, last: I::Vector, message: &[u8], left_bytes: usize) -> u32 {
    let sum = weights::weigh(isa, [last], I::VECTOR_BYTES + left_bytes);
    end_of(isa, sum, message, left_bytes)
}

/// The checksum after a message whose whole vectors have been weighed.
#[inline(always)]
pub(super) fn end_of<I: Isa>(isa: I, sum: I::Vector, message: &[u8], left_bytes: usize) -> u32 {
    if left_bytes == 0 {
        return finish(isa, sum);
    }
    finish(isa, ending::<I, 1, 0>(isa, sum, message, left_bytes))
}

#[inline(always)]
fn finish<I: Isa>(isa: I, sum: I::Vector) -> u32 {
    reduce(isa, isa.sum(sum))
}

/// The vector that starts at byte `start`.
#[inline(always)]
fn at<I: Isa>(message: &[u8], start: usize) -> &I::Block {
    &I::vectors(&message[start..]).0[0]
}
