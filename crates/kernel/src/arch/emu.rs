//! The software backend: vectors of N lanes on every CPU, for the software versions of the tiers.

use super::Isa;
use crate::interleaved::CrcInstruction;
use crate::poly::fold_across;
use crate::portable;

/// The instruction that computes this CRC of a word, in software.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EmuCrc;

impl CrcInstruction for EmuCrc {
    fn word(self, register: u32, word: u64) -> u32 {
        portable::bytes(register, &word.to_le_bytes())
    }

    fn byte(self, register: u32, byte: u8) -> u32 {
        portable::bytes(register, &[byte])
    }
}

/// Vectors of `LANES` lanes of 16 bytes (`BYTES` = 16 `LANES`), in software.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Emu<const LANES: usize, const BYTES: usize>;

impl<const LANES: usize, const BYTES: usize> Isa for Emu<LANES, BYTES> {
    type Vector = [u128; LANES];
    type Block = [u8; BYTES];
    type Lane = u128;

    const VECTOR_BYTES: usize = BYTES;
    /// As the hardware of the same width has it.
    const WIDE: bool = LANES == 1;

    fn vectors(message: &[u8]) -> (&[Self::Block], &[u8]) {
        message.as_chunks()
    }

    fn load(self, block: &Self::Block) -> Self::Vector {
        let (lanes, _) = block.as_chunks::<16>();
        core::array::from_fn(|lane| u128::from_le_bytes(lanes[lane]))
    }

    fn xor_register(self, mut vector: Self::Vector, register: u32) -> Self::Vector {
        vector[0] ^= u128::from(register);
        vector
    }

    fn multipliers(self, multipliers: [u64; 2]) -> Self::Vector {
        [self.lane_multipliers(multipliers); LANES]
    }

    fn fold(self, accumulator: Self::Vector, by: Self::Vector, next: Self::Vector) -> Self::Vector {
        core::array::from_fn(|lane| self.lane_fold(accumulator[lane], by[lane], next[lane]))
    }

    fn narrow(self, vector: Self::Vector) -> u128 {
        let across_lane = self.lane_multipliers(fold_across(128));
        let lanes = vector[1..].iter();
        lanes.fold(vector[0], |sum, &lane| {
            self.lane_fold(sum, across_lane, lane)
        })
    }

    fn lane_load(self, bytes: &[u8; 16]) -> u128 {
        u128::from_le_bytes(*bytes)
    }

    fn lane(self, word: u128) -> u128 {
        word
    }

    fn word(self, lane: u128) -> u128 {
        lane
    }

    fn lane_xor(self, a: u128, b: u128) -> u128 {
        a ^ b
    }

    fn lane_and(self, a: u128, b: u128) -> u128 {
        a & b
    }

    fn lane_multipliers(self, multipliers: [u64; 2]) -> u128 {
        u128::from(multipliers[0]) | u128::from(multipliers[1]) << 64
    }

    fn lane_fold(self, accumulator: u128, by: u128, next: u128) -> u128 {
        let low = self.clmul(accumulator as u64, by as u64);
        let high = self.clmul((accumulator >> 64) as u64, (by >> 64) as u64);
        low ^ high ^ next
    }

    /// The schoolbook product, a bit a step.
    fn clmul(self, a: u64, b: u64) -> u128 {
        let a = u128::from(a);
        (0..64).fold(0, |product, bit| {
            product ^ ((a << bit) & 0_u128.wrapping_sub(u128::from(b >> bit & 1)))
        })
    }
}
