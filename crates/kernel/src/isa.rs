//! The leaf operations that the fold algorithm asks of an instruction set.

use crate::poly::fold_across;

/// An instruction set that the CPU has: the value proves that the CPU was asked, which makes the
/// operations safe to call.
pub(crate) trait Isa: Copy {
    /// One or more 128-bit lanes, the first bytes of the message in the lowest.
    type Vector: Copy;
    /// The bytes of a vector in memory.
    type Block: 'static;
    /// One lane.
    type Lane: Copy;

    /// Bytes in a vector.
    const VECTOR_BYTES: usize;
    /// Whether eight vectors side by side pay for their registers; else four.
    const IS_WIDE: bool;
    /// Whether there are masked loads: [`Isa::load_at_start`] and [`Isa::load_at_end`].
    const HAS_MASKED_LOADS: bool = false;
    /// Whether a short message weighs the register apart, where its first word is, instead of
    /// XORing it into that word. This costs a product, and the code waits for the register only
    /// after it has summed the lanes.
    const WEIGHS_REGISTER_APART: bool = false;
    /// Whether there is [`Isa::affine`].
    const HAS_AFFINE: bool = false;
    /// The multipliers that move a lane by n vectors.
    const ACROSS: [[u64; 2]; 32] = {
        let mut across = [[0; 2]; 32];
        let mut n = 0;
        while n < across.len() {
            across[n] = fold_across((n * 8 * Self::VECTOR_BYTES) as i32);
            n += 1;
        }
        across
    };

    /// The whole vectors at the start of `message`, and the rest.
    fn vectors(message: &[u8]) -> (&[Self::Block], &[u8]);
    /// The vector of these bytes.
    fn load(self, block: &Self::Block) -> Self::Vector;
    /// The last `count` bytes of the block, zeros before them.
    fn load_last(self, block: &Self::Block, count: usize) -> Self::Vector;
    /// A message of at most one vector as the first bytes of a vector, zeros behind.
    #[inline(always)]
    fn load_at_start(self, message: &[u8]) -> Self::Vector {
        let _ = message;
        self.multipliers([0, 0])
    }
    /// A message of at most one vector as the last bytes of a vector, zeros before.
    #[inline(always)]
    fn load_at_end(self, message: &[u8]) -> Self::Vector {
        let _ = message;
        self.multipliers([0, 0])
    }
    /// `vector` with the register XORed into its first four bytes.
    fn xor_register(self, vector: Self::Vector, register: u32) -> Self::Vector;
    /// [`Isa::xor_register`] for messages that keep the multiplier busy: by a way that may be
    /// longer and takes less of the execution ports that the multiplier needs.
    #[inline(always)]
    fn xor_register_sparingly(self, vector: Self::Vector, register: u32) -> Self::Vector {
        self.xor_register(vector, register)
    }
    /// The multipliers in every lane.
    fn multipliers(self, multipliers: [u64; 2]) -> Self::Vector;
    /// A multiplier for each word of a vector: as many of these as the vector has words.
    fn weights(self, weights: &[u64; 8]) -> Self::Vector;
    /// In each lane: clmul(low, low) ^ clmul(high, high).
    #[inline(always)]
    fn product(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        self.fold(a, b, self.multipliers([0, 0]))
    }
    /// In each lane: the product of the first two ([`Isa::product`]) ^ `next`.
    fn fold(self, accumulator: Self::Vector, by: Self::Vector, next: Self::Vector) -> Self::Vector;
    /// XOR.
    fn xor(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// The XOR of three.
    #[inline(always)]
    fn xor_two(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector {
        self.xor(self.xor(a, b), c)
    }
    /// Each byte times the matrix in the word that holds the byte: bit i of the product is the
    /// parity of the byte and byte 7 - i of the matrix (GFNI's `gf2p8affineqb`).
    #[inline(always)]
    fn affine(self, bytes: Self::Vector, matrices: Self::Vector) -> Self::Vector {
        let _ = matrices;
        bytes
    }
    /// Asks for the cache line at an address, which need not be mapped.
    #[inline(always)]
    fn prefetch(self, address: *const u8) {
        let _ = address;
    }
    /// The XOR of all lanes.
    fn sum(self, vector: Self::Vector) -> Self::Lane;

    /// The lane of these bytes.
    fn lane_load(self, bytes: &[u8; 16]) -> Self::Lane;
    /// [`Isa::load_last`] of one lane.
    fn lane_load_last(self, bytes: &[u8; 16], count: usize) -> Self::Lane;
    /// [`Isa::load_at_start`] of one lane.
    #[inline(always)]
    fn lane_load_at_start(self, message: &[u8]) -> Self::Lane {
        let _ = message;
        self.lane(0)
    }
    /// [`Isa::load_at_end`] of one lane.
    #[inline(always)]
    fn lane_load_at_end(self, message: &[u8]) -> Self::Lane {
        let _ = message;
        self.lane(0)
    }
    /// The lane with this value, first byte lowest.
    fn lane(self, word: u128) -> Self::Lane;
    /// The value of a lane.
    fn word(self, lane: Self::Lane) -> u128;
    /// Bits 64 to 95 of a lane: the register, if the lane is a reduced sum.
    #[inline(always)]
    fn register(self, lane: Self::Lane) -> u32 {
        (self.word(lane) >> 64) as u32
    }
    /// XOR.
    fn lane_xor(self, a: Self::Lane, b: Self::Lane) -> Self::Lane;
    /// The multipliers as a lane.
    fn lane_multipliers(self, multipliers: [u64; 2]) -> Self::Lane;
    /// [`Isa::weights`] of one lane.
    #[inline(always)]
    fn lane_weights(self, weights: &[u64; 8]) -> Self::Lane {
        self.lane_multipliers([weights[0], weights[1]])
    }
    /// [`Isa::fold`] of one lane.
    fn lane_fold(self, accumulator: Self::Lane, by: Self::Lane, next: Self::Lane) -> Self::Lane;
    /// The carry-less product.
    fn clmul(self, a: u64, b: u64) -> u128;
    /// The carry-less product of the low words.
    #[inline(always)]
    fn lane_clmul_low_low(self, a: Self::Lane, b: Self::Lane) -> Self::Lane {
        self.lane(self.clmul(self.word(a) as u64, self.word(b) as u64))
    }
    /// The carry-less product of the low word of `a` and the high word of `b`.
    #[inline(always)]
    fn lane_clmul_low_high(self, a: Self::Lane, b: Self::Lane) -> Self::Lane {
        self.lane(self.clmul(self.word(a) as u64, (self.word(b) >> 64) as u64))
    }
}
