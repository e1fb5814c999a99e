//! The fold algorithm, once for every instruction set.
//!
//! A message is a polynomial M(x), the register is XORed into its first four bytes, and the register
//! after it is M(x) x^32 mod P (Gopal et al. 2009). Vectors of 128-bit lanes are moved towards the
//! end of the message by multiplication with x^distance mod P, which keeps the remainder:
//!
//! ```text
//! fold(a, k, b) = a(x) x^distance + b(x)  (mod P)
//! ```
//!
//! until one lane is left, which is reduced to 32 bits (Barrett). There is no `unsafe` here: what
//! differs between instruction sets are the leaf operations of [`Isa`].

#![forbid(unsafe_code)]

use crate::arch::Isa;
use crate::poly::{BARRETT_MU, BARRETT_P, X95_MOD_P, fold_across};
use crate::portable;

/// Bytes in a lane.
pub(crate) const LANE_BYTES: usize = 16;

/// Vectors folded side by side in the main loop: enough to keep a multiplier busy that answers
/// after four to eight cycles.
pub(crate) const ACCUMULATORS: usize = 4;

/// The shortest message that the lanes can take: shorter ones do not hold the whole register.
pub(crate) const SHORT_BYTES: usize = 4;

/// The register after `message`, from the register before it.
#[inline(always)]
pub(crate) fn update<I: Isa>(isa: I, register: u32, message: &[u8]) -> u32 {
    if message.len() >= I::VECTOR_BYTES * ACCUMULATORS {
        return long(isa, register, message);
    }
    if message.len() >= I::VECTOR_BYTES {
        return medium(isa, register, message);
    }
    if message.len() >= LANE_BYTES {
        let (lanes, _) = message.as_chunks::<LANE_BYTES>();
        let first = isa.lane_xor(isa.lane_load(&lanes[0]), isa.lane(register.into()));
        return finish(isa, first, &message[LANE_BYTES..], message);
    }
    if message.len() >= SHORT_BYTES {
        return short(isa, register, message);
    }
    portable::bytes(register, message)
}

/// From `ACCUMULATORS` vectors on: as many side by side, then one after the other.
#[inline(always)]
fn long<I: Isa>(isa: I, register: u32, message: &[u8]) -> u32 {
    let (vectors, _) = I::vectors(message);
    let (strides, rest) = vectors.as_chunks::<ACCUMULATORS>();
    let mut accumulators = [
        isa.xor_register(isa.load(&strides[0][0]), register),
        isa.load(&strides[0][1]),
        isa.load(&strides[0][2]),
        isa.load(&strides[0][3]),
    ];
    let across_stride = isa.multipliers(I::ACROSS_STRIDE);
    for stride in &strides[1..] {
        for (accumulator, block) in accumulators.iter_mut().zip(stride) {
            *accumulator = isa.fold(*accumulator, across_stride, isa.load(block));
        }
    }
    let [first, second, third, fourth] = accumulators;
    let across_vector = isa.multipliers(I::ACROSS_VECTOR);
    let across_two = isa.multipliers(I::ACROSS_TWO_VECTORS);
    let front = isa.fold(first, across_vector, second);
    let back = isa.fold(third, across_vector, fourth);
    let vector = isa.fold(front, across_two, back);
    serial(isa, vector, rest, message)
}

/// From one vector on.
#[inline(always)]
fn medium<I: Isa>(isa: I, register: u32, message: &[u8]) -> u32 {
    let (vectors, _) = I::vectors(message);
    let first = isa.xor_register(isa.load(&vectors[0]), register);
    serial(isa, first, &vectors[1..], message)
}

/// Folds the vectors that are left, then the lanes of the last, then the rest of the message.
#[inline(always)]
fn serial<I: Isa>(isa: I, first: I::Vector, vectors: &[I::Block], message: &[u8]) -> u32 {
    let across_vector = isa.multipliers(I::ACROSS_VECTOR);
    let vector = vectors.iter().fold(first, |accumulator, block| {
        isa.fold(accumulator, across_vector, isa.load(block))
    });
    let rest = message.len() % I::VECTOR_BYTES;
    finish(isa, isa.narrow(vector), &message[message.len() - rest..], message)
}

/// Folds `lane` over `rest`, which ends the message, and reduces. The message has a lane at least.
#[inline(always)]
fn finish<I: Isa>(isa: I, lane: I::Lane, rest: &[u8], message: &[u8]) -> u32 {
    let across_lane = isa.lane_multipliers(ACROSS_LANE);
    let (lanes, tail) = rest.as_chunks::<LANE_BYTES>();
    let lane = lanes.iter().fold(lane, |accumulator, lane| {
        isa.lane_fold(accumulator, across_lane, isa.lane_load(lane))
    });
    if tail.is_empty() {
        return reduce(isa, lane);
    }
    // The lane and the tail of n < 16 bytes are 16 + n bytes: cut as n and 16 instead, with zeros in
    // front of the n, which change nothing. The last 16 bytes of the message hold the tail.
    let word = isa.word(lane);
    let last = message.last_chunk::<LANE_BYTES>().map_or(0, |last| u128::from_le_bytes(*last));
    let kept_bits = 8 * tail.len() as u32;
    let moved_bits = 128 - kept_bits;
    let front = word << moved_bits;
    let back = word >> kept_bits | (last >> moved_bits) << moved_bits;
    reduce(isa, isa.lane_fold(isa.lane(front), across_lane, isa.lane(back)))
}

/// Messages of 4 to 15 bytes: one lane with zeros in front.
#[inline(always)]
fn short<I: Isa>(isa: I, register: u32, message: &[u8]) -> u32 {
    let word = match (message.first_chunk::<8>(), message.last_chunk::<8>()) {
        (Some(first), Some(last)) => overlapped(
            u64::from_le_bytes(*first).into(),
            u64::from_le_bytes(*last).into(),
            8 * (message.len() as u32 - 8),
        ),
        _ => match (message.first_chunk::<4>(), message.last_chunk::<4>()) {
            (Some(first), Some(last)) => overlapped(
                u32::from_le_bytes(*first).into(),
                u32::from_le_bytes(*last).into(),
                8 * (message.len() as u32 - 4),
            ),
            _ => 0,
        },
    };
    let in_front = 8 * (LANE_BYTES - message.len()) as u32;
    reduce(isa, isa.lane((word ^ u128::from(register)) << in_front))
}

/// Two words that start `distance` bits apart and may share bits.
#[inline(always)]
const fn overlapped(first: u128, last: u128, distance: u32) -> u128 {
    first | last << distance
}

const ACROSS_LANE: [u64; 2] = fold_across(128);

/// A(x) x^32 mod P for a lane A = lo(x) x^64 + hi(x), by three multiplications:
///
/// ```text
/// B = lo (x^96 mod P) + hi x^32                 below x^96, congruent to A x^32
/// Q = floor(floor(B / x^32) mu / x^63)          = floor(B / P), mu = floor(x^95 / P)
/// B + Q P                                       = B mod P
/// ```
///
/// Barrett's quotient is exact in GF(2)\[x\]: there are no carries to be off by.
#[inline(always)]
fn reduce<I: Isa>(isa: I, lane: I::Lane) -> u32 {
    let word = isa.word(lane);
    let b = isa.clmul(word as u64, X95_MOD_P) ^ (word >> 64 << 32);
    let quotient = isa.clmul((b >> 32) as u64, BARRETT_MU) as u64;
    let multiple = isa.clmul(quotient, BARRETT_P);
    (b >> 96) as u32 ^ (multiple >> 64) as u32
}
