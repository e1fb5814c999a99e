//! The software backend: vectors of N lanes on every CPU, for the software versions of the tiers.

use crate::interleaved::CrcInstruction;
use crate::isa::Isa;
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

/// Vectors of `LANES` lanes of 16 bytes (`BYTES` = 16 `LANES`), in software, with or without
/// matrices.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Emu<const LANES: usize, const BYTES: usize, const HAS_AFFINE: bool = false>;

impl<const LANES: usize, const BYTES: usize, const HAS_AFFINE: bool> Isa
    for Emu<LANES, BYTES, HAS_AFFINE>
{
    type Vector = [u128; LANES];
    type Block = [u8; BYTES];
    type Lane = u128;

    const VECTOR_BYTES: usize = BYTES;
    /// As in hardware of the same width.
    const IS_WIDE: bool = LANES == 1;
    const HAS_MASKED_LOADS: bool = LANES == 4;
    const WEIGHS_REGISTER_APART: bool = LANES == 4 && !HAS_AFFINE;
    const HAS_AFFINE: bool = HAS_AFFINE;

    fn vectors(message: &[u8]) -> (&[Self::Block], &[u8]) {
        message.as_chunks()
    }

    fn load(self, block: &Self::Block) -> Self::Vector {
        let (lanes, _) = block.as_chunks::<16>();
        core::array::from_fn(|lane| u128::from_le_bytes(lanes[lane]))
    }

    fn load_last(self, block: &Self::Block, count: usize) -> Self::Vector {
        let mut bytes = *block;
        bytes[..BYTES - count].fill(0);
        self.load(&bytes)
    }

    fn load_at_start(self, message: &[u8]) -> Self::Vector {
        let mut bytes = [0; BYTES];
        bytes[..message.len()].copy_from_slice(message);
        self.load(&bytes)
    }

    fn load_at_end(self, message: &[u8]) -> Self::Vector {
        let mut bytes = [0; BYTES];
        bytes[BYTES - message.len()..].copy_from_slice(message);
        self.load(&bytes)
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

    fn weights(self, weights: &[u64; 8]) -> Self::Vector {
        core::array::from_fn(|lane| {
            self.lane_multipliers([weights[2 * lane], weights[2 * lane + 1]])
        })
    }

    fn xor(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        core::array::from_fn(|lane| a[lane] ^ b[lane])
    }

    fn affine(self, bytes: Self::Vector, matrices: Self::Vector) -> Self::Vector {
        core::array::from_fn(|lane| {
            let product = |index: usize| {
                let byte = bytes[lane].to_le_bytes()[index];
                let matrix = &matrices[lane].to_le_bytes()[index / 8 * 8..][..8];
                (0..8).fold(0, |product, bit| {
                    product | ((byte & matrix[7 - bit]).count_ones() as u8 & 1) << bit
                })
            };
            u128::from_le_bytes(core::array::from_fn(product))
        })
    }

    fn sum(self, vector: Self::Vector) -> u128 {
        vector.into_iter().fold(0, |sum, lane| sum ^ lane)
    }

    fn lane_load(self, bytes: &[u8; 16]) -> u128 {
        u128::from_le_bytes(*bytes)
    }

    fn lane_load_last(self, bytes: &[u8; 16], count: usize) -> u128 {
        let missing = 8 * (16 - count) as u32;
        (u128::from_le_bytes(*bytes).unbounded_shr(missing)).unbounded_shl(missing)
    }

    fn lane_load_at_start(self, message: &[u8]) -> u128 {
        let mut bytes = [0; 16];
        bytes[..message.len()].copy_from_slice(message);
        u128::from_le_bytes(bytes)
    }

    fn lane_load_at_end(self, message: &[u8]) -> u128 {
        let mut bytes = [0; 16];
        bytes[16 - message.len()..].copy_from_slice(message);
        u128::from_le_bytes(bytes)
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

    fn lane_multipliers(self, multipliers: [u64; 2]) -> u128 {
        u128::from(multipliers[0]) | u128::from(multipliers[1]) << 64
    }

    fn lane_fold(self, accumulator: u128, by: u128, next: u128) -> u128 {
        let low = self.clmul(accumulator as u64, by as u64);
        let high = self.clmul((accumulator >> 64) as u64, (by >> 64) as u64);
        low ^ high ^ next
    }

    /// The schoolbook product, four bits a step: `multiples[n]` is a times the polynomial n.
    fn clmul(self, a: u64, b: u64) -> u128 {
        let mut multiples = [0_u128; 16];
        for n in 1..16 {
            let odd = u128::from(a) * (n as u128 & 1);
            multiples[n] = multiples[n / 2] << 1 ^ odd;
        }
        let digits = (64 - b.leading_zeros()).div_ceil(4);
        (0..digits).rev().fold(0, |product, digit| {
            product << 4 ^ multiples[(b >> (4 * digit) & 15) as usize]
        })
    }
}
