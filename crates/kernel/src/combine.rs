//! The checksum of a concatenation, from those of its parts.
//!
//! Both parts start from the register of all ones and end with the same XOR, which cancel:
//!
//! ```text
//! checksum(A || B) = checksum(A) x^(8 |B|) + checksum(B)  (mod P)
//! ```

use crate::poly::{X_POW_2_POW, multiply};

/// The checksum of A||B from `a` = checksum of A, `b` = checksum of B, `len_b` = |B| in bytes.
///
/// With `len_b` = 0 the answer is `a`, whatever `b` is: the checksum of the empty message is 0.
pub fn combine(a: u32, b: u32, len_b: u64) -> u32 {
    Combiner::new(len_b).combine(a, b)
}

/// [`combine`] for one length used many times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Combiner {
    /// x^(8 |B|) mod P, reflected; `None` for |B| = 0.
    power: Option<u32>,
}

impl Combiner {
    /// For second parts of `len_b` bytes.
    pub const fn new(len_b: u64) -> Self {
        if len_b == 0 {
            return Self { power: None };
        }
        let mut power = lowest_power(len_b);
        let mut rest = len_b & (len_b - 1);
        while rest != 0 {
            power = multiply(power, lowest_power(rest));
            rest &= rest - 1;
        }
        Self { power: Some(power) }
    }

    /// From what [`Combiner::power`] of another one gave, or zlib's `crc32_combine_gen`.
    pub const fn from_power(power: u32) -> Self {
        Self { power: Some(power) }
    }

    /// x^(8 |B|) mod P, reflected: bit 31 - i is the coefficient of x^i. It is never 0.
    pub const fn power(&self) -> u32 {
        match self.power {
            Some(power) => power,
            None => X_POW_0,
        }
    }

    /// The checksum of A||B from `a` = checksum of A and `b` = checksum of B.
    pub const fn combine(&self, a: u32, b: u32) -> u32 {
        match self.power {
            Some(power) => multiply(power, a) ^ b,
            None => a,
        }
    }
}

/// x^0 = 1, reflected.
const X_POW_0: u32 = 1 << 31;

/// The power that the lowest bit of a length stands for: bit i for x^(8 * 2^i) = x^(2^(i+3)).
const fn lowest_power(len_bytes: u64) -> u32 {
    X_POW_2_POW[(len_bytes.trailing_zeros() as usize + 3) % 32]
}
