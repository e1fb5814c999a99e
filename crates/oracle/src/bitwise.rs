//! The definition: polynomial long division, one message bit at a time.
//!
//! The register is the remainder so far, R(x) mod P(x), of degree below w. A message bit m makes it
//!
//! ```text
//! R(x) <- (R(x) x + m x^w) mod P(x)
//! ```
//!
//! and reducing means: if x^w has come to stand in it, subtract P(x), which over GF(2) is to XOR
//! `poly` (whose x^w is left out, as it cancels).

use crate::judge::Judge;
use crate::model::Model;

/// The judge that is read as the definition.
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

    /// The residue, from the definition: a codeword without error leaves the register that `width`
    /// zero bits leave behind when they follow `xorout`.
    pub fn residue(&self) -> u64 {
        let model = &self.model;
        let xorout = if model.refout {
            model.reflect(model.xorout)
        } else {
            model.xorout
        };
        let shift = 64 - u32::from(model.width);
        let remainder = divide(xorout << shift, model.poly << shift, model.width.into()) >> shift;
        if model.refin {
            model.reflect(remainder)
        } else {
            remainder
        }
    }
}

/// The remainder after `bits` more bits. Both words stand at the top of 64 bits, so that the term
/// x^w shifts out of the word and the message bits still to come may stand below the register.
fn divide(register: u64, poly: u64, bits: u32) -> u64 {
    (0..bits).fold(register, |register, _| {
        let reduced = if register >> 63 == 1 { poly } else { 0 };
        (register << 1) ^ reduced
    })
}

impl Judge for Bitwise {
    fn id(&self) -> &'static str {
        "bitwise"
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        let model = &self.model;
        let shift = 64 - u32::from(model.width);
        let poly = model.poly << shift;
        let mut register = model.to_polynomial(checksum) << shift;
        for &byte in message {
            let bits = if model.refin {
                byte.reverse_bits()
            } else {
                byte
            };
            // The next eight bits m_7 .. m_0 enter at x^(w+7) .. x^w: at the top of the word.
            register = divide(register ^ (u64::from(bits) << 56), poly, 8);
        }
        model.from_polynomial(register >> shift)
    }
}
