//! The definition: polynomial long division, one message bit at a time.
//!
//! The register is the remainder so far, R(x) mod P(x), of degree below w. A message bit m makes it
//!
//! ```text
//! R(x) <- (R(x) x + m x^w) mod P(x)
//! ```
//!
//! To reduce means: if the term x^w is there, subtract P(x). Over GF(2) that is XOR with `poly`,
//! which lacks x^w, because x^w cancels.

use crate::judge::Judge;
use crate::model::Model;

/// The id of the definition among judges.
pub const ID: &str = "bitwise";

/// The judge that people read as the definition.
///
/// ```
/// use crcheck_oracle::{Judge, bitwise::Bitwise, model::Model};
/// let model = Model::CRC_32_ISO_HDLC;
/// assert_eq!(Bitwise::new(&model).update(model.initial_checksum(), b"123456789"), 0xcbf4_3926);
/// ```
#[derive(Clone, Debug)]
pub struct Bitwise {
    model: Model,
}

impl Bitwise {
    /// The definition of `model`.
    pub fn new(model: &Model) -> Self {
        Self {
            model: model.clone(),
        }
    }

    /// The residue. A codeword without error leaves the register that `width` zero bits leave after
    /// `xorout`.
    pub fn residue(&self) -> u64 {
        let model = &self.model;
        let xorout = if model.refout {
            model.reflect(model.xorout)
        } else {
            model.xorout
        };
        let shift = self.shift();
        let remainder = divide(xorout << shift, model.poly << shift, model.width.into()) >> shift;
        if model.refin {
            model.reflect(remainder)
        } else {
            remainder
        }
    }
}

/// The remainder after `bits` more bits. Both words stand at the top of 64 bits. So the term x^w
/// shifts out of the word, and the message bits that are still to come stand below the register.
fn divide(register: u64, poly: u64, bits: u32) -> u64 {
    (0..bits).fold(register, |register, _| {
        let reduced = if register >> 63 == 1 { poly } else { 0 };
        (register << 1) ^ reduced
    })
}

impl Bitwise {
    /// The distance in bits of a register of `width` bits from the top of 64.
    fn shift(&self) -> u32 {
        64 - u32::from(self.model.width)
    }

    /// The register, at the top of the word, after one more byte.
    fn step(&self, register: u64, byte: u8) -> u64 {
        let bits = if self.model.refin {
            byte.reverse_bits()
        } else {
            byte
        };
        // The next eight bits m_7 .. m_0 enter at x^(w+7) .. x^w: at the top of the word.
        let entered = register ^ (u64::from(bits) << 56);
        divide(entered, self.model.poly << self.shift(), 8)
    }
}

impl Judge for Bitwise {
    fn id(&self) -> &'static str {
        ID
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        let start = self.model.polynomial_of(checksum) << self.shift();
        let end = message
            .iter()
            .fold(start, |register, &byte| self.step(register, byte));
        self.model.checksum_of_polynomial(end >> self.shift())
    }

    fn prefixes(&self, checksum: u64, message: &[u8], out: &mut Vec<u64>) {
        let mut register = self.model.polynomial_of(checksum) << self.shift();
        let checksum_of = |register| self.model.checksum_of_polynomial(register >> self.shift());
        out.clear();
        out.push(checksum_of(register));
        out.extend(message.iter().map(|&byte| {
            register = self.step(register, byte);
            checksum_of(register)
        }));
    }
}
