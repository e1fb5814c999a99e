//! Messages up to one vector: no loop and no tail.

use super::reduce::reduce;
use super::weights::{self, Row};
use crate::isa::Isa;

/// Bytes in a lane.
const LANE_BYTES: usize = 16;

/// Bytes in a page of the smallest size.
const PAGE_BYTES: usize = 4096;

/// The checksum after a message of at most one vector.
#[inline(always)]
pub(super) fn update<I: Isa>(isa: I, register: u32, message: &[u8]) -> u32 {
    if I::HAS_MASKED_LOADS {
        if message.len() <= LANE_BYTES {
            return one_lane(isa, register, message);
        }
        return one_vector(isa, register, message);
    }
    if message.is_empty() {
        !register
    } else if message.len() <= 8 {
        one_word(isa, register, message)
    } else if message.len() <= LANE_BYTES {
        two_words(isa, register, message)
    } else {
        two_lanes(isa, register, message)
    }
}

/// Whether the message starts in the last `bytes` of a page; `bytes` is a power of two.
///
/// A masked load does not read behind its mask. But if the vector reaches into a page that is not
/// mapped, the CPU takes 150 ns to find out that it need not read there (Zen 4; else 0.7 ns). So
/// such a message is loaded as the end of a vector, which reaches back into the same page.
#[inline(always)]
fn starts_at_the_end_of_a_page(message: &[u8], bytes: usize) -> bool {
    message.as_ptr().addr().wrapping_add(bytes) & (PAGE_BYTES - bytes) == 0
}

/// One masked load, whatever the length up to 64.
#[inline(always)]
fn one_vector<I: Isa>(isa: I, register: u32, message: &[u8]) -> u32 {
    let row = weights::short(message.len());
    if starts_at_the_end_of_a_page(message, I::VECTOR_BYTES) {
        let by = isa.weights(weights::short(I::VECTOR_BYTES));
        let sum = isa.sum(isa.product(isa.load_at_end(message), by));
        return reduce(isa, isa.lane_xor(sum, weigh_register(isa, register, row)));
    }
    let (vector, by) = (isa.load_at_start(message), isa.weights(row));
    if I::WEIGHS_REGISTER_APART {
        let sum = isa.sum(isa.product(vector, by));
        return reduce(isa, isa.lane_xor(sum, weigh_register(isa, register, row)));
    }
    let vector = isa.xor_register(vector, register);
    reduce(isa, isa.sum(isa.product(vector, by)))
}

/// [`one_vector`] of one lane, which needs no sum over lanes: up to 16 bytes.
#[inline(always)]
fn one_lane<I: Isa>(isa: I, register: u32, message: &[u8]) -> u32 {
    let row = weights::short(message.len());
    if starts_at_the_end_of_a_page(message, LANE_BYTES) {
        let (lane, by) = (isa.lane_load_at_end(message), weights::short(LANE_BYTES));
        let weighed = weigh_register(isa, register, row);
        return reduce(isa, isa.lane_fold(lane, isa.lane_weights(by), weighed));
    }
    let (lane, by) = (isa.lane_load_at_start(message), isa.lane_weights(row));
    if I::WEIGHS_REGISTER_APART {
        return reduce(
            isa,
            isa.lane_fold(lane, by, weigh_register(isa, register, row)),
        );
    }
    let lane = isa.lane_xor(lane, isa.lane(register.into()));
    reduce(isa, isa.lane_fold(lane, by, isa.lane(0)))
}

/// The weighed register, for a message with this row of weights. The register may be longer than
/// the message.
#[inline(always)]
fn weigh_register<I: Isa>(isa: I, register: u32, row: &Row) -> I::Lane {
    isa.lane_clmul_low_low(isa.lane(register.into()), isa.lane_weights(row))
}

/// Up to 8 bytes: they end at x^32, as the sum of weighed lanes requires. The bytes of a register
/// that is longer than the message come below.
#[inline(always)]
fn one_word<I: Isa>(isa: I, register: u32, message: &[u8]) -> u32 {
    let word = match (message.first_chunk::<4>(), message.last_chunk::<4>()) {
        (Some(first), Some(last)) => {
            let distance = 8 * (message.len() as u32 - 4);
            u64::from(u32::from_le_bytes(*first))
                | u64::from(u32::from_le_bytes(*last)).wrapping_shl(distance)
        }
        _ => {
            // One to three bytes: the first, the middle one and the last, which may coincide.
            let byte = |i: usize| u64::from(message[i]) << (8 * i);
            byte(0) | byte(message.len() / 2) | byte(message.len() - 1)
        }
    };
    let missing = 8 * (8 - message.len()) as u32;
    let word = u128::from(word ^ u64::from(register)).wrapping_shl(missing);
    reduce(isa, isa.lane(word))
}

/// From 9 to 16 bytes: the last 8 end at x^32 without a weight, the first 8 have one.
#[inline(always)]
fn two_words<I: Isa>(isa: I, register: u32, message: &[u8]) -> u32 {
    let (Some(first), Some(last)) = (message.first_chunk::<8>(), message.last_chunk::<8>()) else {
        return !register;
    };
    let word = u64::from_le_bytes(*first) ^ u64::from(register);
    let weight = weights::short(message.len())[0];
    let shared = 8 * (16 - message.len()) as u32;
    let alone = u64::from_le_bytes(*last)
        .wrapping_shr(shared)
        .wrapping_shl(shared);
    reduce(isa, isa.lane(isa.clmul(word, weight) ^ u128::from(alone)))
}

/// From 17 to 32 bytes, for vectors of two lanes.
#[inline(always)]
fn two_lanes<I: Isa>(isa: I, register: u32, message: &[u8]) -> u32 {
    let (Some(first), Some(last)) = (message.first_chunk::<16>(), message.last_chunk::<16>())
    else {
        return !register;
    };
    let first = isa.lane_xor(isa.lane_load(first), isa.lane(register.into()));
    let last = isa.lane_load_last(last, message.len() - 16);
    let by = isa.lane_weights(weights::short(message.len()));
    let sum = isa.lane_fold(first, by, isa.lane(0));
    let by = isa.lane_weights(weights::short(LANE_BYTES));
    reduce(isa, isa.lane_fold(last, by, sum))
}

#[cfg(test)]
mod tests {
    use super::{LANE_BYTES, PAGE_BYTES, starts_at_the_end_of_a_page};

    /// No checksum shows from which side a load reaches a message. Time shows it, where the next
    /// page is not mapped.
    #[test]
    fn the_end_of_a_page_is_where_a_load_may_leave_it() {
        static BYTES: [u8; 2 * PAGE_BYTES] = [0; 2 * PAGE_BYTES];
        for load_bytes in [LANE_BYTES, 64] {
            for start in 0..=PAGE_BYTES {
                let message = &BYTES[start..][..1];
                let left_bytes = PAGE_BYTES - message.as_ptr().addr() % PAGE_BYTES;
                assert_eq!(
                    starts_at_the_end_of_a_page(message, load_bytes),
                    left_bytes <= load_bytes,
                    "{load_bytes} bytes, {left_bytes} left"
                );
            }
        }
    }
}
