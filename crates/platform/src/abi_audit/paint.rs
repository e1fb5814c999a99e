//! What a caller leaves in the places that a function may not count on.

use super::stack::PAINTED_BYTES;
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
