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

/// The shortest message that the lanes can take: shorter ones do not hold the whole register.
pub(crate) const SHORT_BYTES: usize = 4;

/// The register after `message`, from the register before it.
#[inline(always)]
pub(crate) fn update<I: Isa>(isa: I, register: u32, message: &[u8]) -> u32 {
    if message.len() >= I::VECTOR_BYTES * 8 && I::WIDE {
        return long::<I, 8>(isa, register, message);
    }
    if message.len() >= I::VECTOR_BYTES * 4 {
        return long::<I, 4>(isa, register, message);
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

/// From N vectors on: N side by side, so that the multiplier need not wait for its own results, then
/// joined two by two.
#[inline(always)]
fn long<I: Isa, const N: usize>(isa: I, register: u32, message: &[u8]) -> u32 {
    let (vectors, _) = I::vectors(message);
    let (strides, rest) = vectors.as_chunks::<N>();
    let mut accumulators: [I::Vector; N] = core::array::from_fn(|i| isa.load(&strides[0][i]));
    accumulators[0] = isa.xor_register(accumulators[0], register);
    let across_stride = isa.multipliers(const { fold_across((8 * N * I::VECTOR_BYTES) as i32) });
    for stride in &strides[1..] {
        for (accumulator, block) in accumulators.iter_mut().zip(stride) {
            *accumulator = isa.fold(*accumulator, across_stride, isa.load(block));
        }
    }
    let mut apart = 1;
    while apart < N {
        let across = isa.multipliers(I::ACROSS_VECTORS[apart.ilog2() as usize]);
        for i in (0..N).step_by(2 * apart) {
            accumulators[i] = isa.fold(accumulators[i], across, accumulators[i + apart]);
        }
        apart *= 2;
    }
    serial(isa, accumulators[0], rest, message)
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
    let across_vector = isa.multipliers(I::ACROSS_VECTORS[0]);
    let mut vector = first;
    // A loop and not a closure: what is called between here and the tier's entry is compiled for its
    // features only if it is inlined.
    for block in vectors {
        vector = isa.fold(vector, across_vector, isa.load(block));
    }
    let rest = message.len() % I::VECTOR_BYTES;
    finish(
        isa,
        isa.narrow(vector),
        &message[message.len() - rest..],
        message,
    )
}

/// Folds `lane` over `rest`, which ends the message, and reduces. The message has a lane at least.
#[inline(always)]
fn finish<I: Isa>(isa: I, mut lane: I::Lane, rest: &[u8], message: &[u8]) -> u32 {
    let across_lane = isa.lane_multipliers(ACROSS_LANE);
    let (lanes, tail) = rest.as_chunks::<LANE_BYTES>();
    for next in lanes {
        lane = isa.lane_fold(lane, across_lane, isa.lane_load(next));
    }
    if tail.is_empty() {
        return reduce(isa, lane);
    }
    // The tail of n < 16 bytes stands at the end of the message's last lane, where a mask leaves it
    // alone, and the lane moves by n bytes onto it.
    let last = message
        .last_chunk::<LANE_BYTES>()
        .map_or(&[0; LANE_BYTES], |last| last);
    let tail_alone = isa.lane_and(isa.lane_load(last), isa.lane_load(&LAST_BYTES[tail.len()]));
    let across_tail = isa.lane_multipliers(ACROSS_BYTES[tail.len()]);
    reduce(isa, isa.lane_fold(lane, across_tail, tail_alone))
}

/// Masks that leave the last n bytes of a lane.
static LAST_BYTES: [[u8; LANE_BYTES]; LANE_BYTES] = {
    let mut masks = [[0; LANE_BYTES]; LANE_BYTES];
    let mut n = 0;
    while n < LANE_BYTES {
        let mut byte = LANE_BYTES - n;
        while byte < LANE_BYTES {
            masks[n][byte] = 0xff;
            byte += 1;
        }
        n += 1;
    }
    masks
};

/// The multipliers that move a lane by n bytes.
static ACROSS_BYTES: [[u64; 2]; LANE_BYTES] = {
    let mut multipliers = [[0; 2]; LANE_BYTES];
    let mut n = 0;
    while n < LANE_BYTES {
        multipliers[n] = fold_across(8 * n as i32);
        n += 1;
    }
    multipliers
};

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
