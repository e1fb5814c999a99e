//! The leaf operations that the fold algorithm is made of, per instruction set.

#[cfg(target_arch = "aarch64")]
pub(crate) mod aarch64;
#[cfg(feature = "emu")]
pub(crate) mod emu;
#[cfg(target_arch = "riscv64")]
pub(crate) mod riscv64;
#[cfg(target_arch = "x86_64")]
pub(crate) mod x86_64;

use crate::poly::fold_across;

/// An instruction set that the CPU has: a value is the witness that the CPU was asked, so that the
/// operations are safe to call.
pub(crate) trait Isa: Copy {
    /// One or more 128-bit lanes, the first bytes of the message in the lowest.
    type Vector: Copy;
    /// The bytes of a vector in memory.
    type Block: 'static;
    /// One lane.
    type Lane: Copy;

    /// Bytes in a vector.
    const VECTOR_BYTES: usize;
    /// Whether eight vectors side by side are worth their registers; else four.
    const WIDE: bool;
    /// The multipliers that move a lane by one, two, four vectors.
    const ACROSS_VECTORS: [[u64; 2]; 3] = [
        fold_across(8 * Self::VECTOR_BYTES as i32),
        fold_across(16 * Self::VECTOR_BYTES as i32),
        fold_across(32 * Self::VECTOR_BYTES as i32),
    ];

    /// The whole vectors at the start of `message`, and what is left.
    fn vectors(message: &[u8]) -> (&[Self::Block], &[u8]);
    /// The vector of these bytes.
    fn load(self, block: &Self::Block) -> Self::Vector;
    /// `vector` with the register XORed into its first four bytes.
    fn xor_register(self, vector: Self::Vector, register: u32) -> Self::Vector;
    /// The multipliers in every lane.
    fn multipliers(self, multipliers: [u64; 2]) -> Self::Vector;
    /// In each lane: clmul(low, low) ^ clmul(high, high) of the first two, ^ `next`.
    fn fold(self, accumulator: Self::Vector, by: Self::Vector, next: Self::Vector) -> Self::Vector;
    /// All lanes folded into the last.
    fn narrow(self, vector: Self::Vector) -> Self::Lane;

    /// The lane of these bytes.
    fn lane_load(self, bytes: &[u8; 16]) -> Self::Lane;
    /// The lane with this value, first byte lowest.
    fn lane(self, word: u128) -> Self::Lane;
    /// The value of a lane.
    fn word(self, lane: Self::Lane) -> u128;
    /// XOR.
    fn lane_xor(self, a: Self::Lane, b: Self::Lane) -> Self::Lane;
    /// AND.
    fn lane_and(self, a: Self::Lane, b: Self::Lane) -> Self::Lane;
    /// The multipliers as a lane.
    fn lane_multipliers(self, multipliers: [u64; 2]) -> Self::Lane;
    /// [`Isa::fold`] of one lane.
    fn lane_fold(self, accumulator: Self::Lane, by: Self::Lane, next: Self::Lane) -> Self::Lane;
    /// The carry-less product.
    fn clmul(self, a: u64, b: u64) -> u128;
}
