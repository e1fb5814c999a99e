//! What a caller leaves in the places that a function may not count on.

use super::stack::PAINTED_BYTES;
use crate::raw_entry::IntegerBits;
use crate::rng::SplitMix64;
use serde::{Deserialize, Serialize};

/// What registers and stack are filled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fill {
    /// All bits clear.
    Zeros,
    /// All bits set.
    Ones,
    /// Another value in each place, drawn from a seed.
    Noise(u64),
}

impl Fill {
    /// The word of place `index`.
    pub(super) fn word(self, index: u32) -> u64 {
        match self {
            Self::Zeros => 0,
            Self::Ones => u64::MAX,
            Self::Noise(seed) => SplitMix64::labelled(seed, index.into()).next_u64(),
        }
    }
}

/// The state that a call begins in, as far as the ABI leaves it open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paint {
    /// What the general registers without an argument hold.
    pub general: Fill,
    /// What the vector registers hold.
    pub vectors: Fill,
    /// Whether that reaches the vector registers' upper halves; else they are clean.
    pub is_upper: bool,
    /// What the stack below holds.
    pub stack: Fill,
    /// What the upper halves of 32-bit arguments hold.
    pub garbage: u32,
    /// Whether the stack is aligned to 64; else it is aligned to 16 and no better, as the ABI
    /// promises.
    pub is_stack_aligned: bool,
    /// How many bytes of the stack below the paint covers.
    pub stack_bytes: usize,
}

impl Paint {
    /// The paint of a caller that misses what it can.
    pub const FORGIVING: Self = Self {
        general: Fill::Zeros,
        vectors: Fill::Zeros,
        is_upper: false,
        stack: Fill::Zeros,
        garbage: 0,
        is_stack_aligned: true,
        stack_bytes: 256,
    };

    /// The paint of a caller that keeps to the ABI and gives nothing beyond it.
    pub const STRICT: Self = Self {
        garbage: 0xa5a5_a5a5,
        is_stack_aligned: false,
        ..Self::FORGIVING
    };

    /// The register of argument `index`. Callers extend narrow arguments to 32 bits, and the bits
    /// above those may hold anything (AMD64 ABI, 3.2.3, and what compilers count on).
    pub fn argument(&self, index: usize, value: Option<(u64, IntegerBits)>) -> u64 {
        match value {
            Some((value, IntegerBits::B64)) => value,
            Some((value, _)) => u64::from(self.garbage) << 32 | value,
            None => self.general.word(64 + index as u32),
        }
    }

    /// rax, r10 and r11.
    pub fn scratch(&self) -> [u64; 3] {
        [72, 73, 74].map(|index| self.general.word(index))
    }

    /// The words of the vector registers: register i holds 8 of them, from word i on.
    pub fn vector_words(&self) -> [u64; 40] {
        std::array::from_fn(|index| self.vectors.word(index as u32))
    }

    /// Each word of the stack below.
    pub fn stack_word(&self) -> u64 {
        self.stack.word(80)
    }

    /// The paint of a caller that has left `fill` in every place that the ABI leaves open.
    pub const fn filled(fill: Fill) -> Self {
        Self {
            general: fill,
            vectors: fill,
            is_upper: true,
            stack: fill,
            stack_bytes: PAINTED_BYTES,
            ..Self::FORGIVING
        }
    }
}
