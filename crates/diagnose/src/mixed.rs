//! A table of one bit order under an update of the other.

use super::effect::Effect;
use super::laboratory::{Call, Laboratory, Reference};
use std::fmt;

/// The orders of a byte table and of the loop that uses it, and the word that it was built from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mixed {
    /// Whether the table is built lowest bit first.
    pub table_reflected: bool,
    /// Whether the loop shifts to the right.
    pub update_reflected: bool,
    /// Whether the polynomial was written in the other order than the table is built in.
    pub poly_reversed: bool,
    table: Vec<u64>,
    width: u32,
}

pub(super) fn candidates(lab: &mut Laboratory<'_>) -> Vec<Effect> {
    let model = &lab.reference.model;
    if model.width < 8 {
        return Vec::new();
    }
    let mut effects = Vec::new();
    for table_reflected in [false, true] {
        for update_reflected in [false, true] {
            for poly_reversed in [false, true] {
                let poly = if table_reflected != poly_reversed {
                    model.reflect(model.poly)
                } else {
                    model.poly
                };
                effects.push(Effect::Mixed(Mixed {
                    table_reflected,
                    update_reflected,
                    poly_reversed,
                    table: table(model.width.into(), poly, table_reflected),
                    width: model.width.into(),
                }));
            }
        }
    }
    effects
}

fn table(width: u32, poly: u64, reflected: bool) -> Vec<u64> {
    let mask = u64::MAX >> (64 - width);
    let right = |word: u64| (word >> 1) ^ (poly * (word & 1));
    let left = |word: u64| ((word << 1) & mask) ^ (poly * (word >> (width - 1) & 1));
    let entry = |byte: u64| {
        if reflected {
            (0..8).fold(byte, |word, _| right(word))
        } else {
            (0..8).fold(byte << (width - 8), |word, _| left(word))
        }
    };
    (0..256).map(entry).collect()
}

impl Mixed {
    pub(super) fn predict(&self, reference: &Reference, call: &Call) -> u64 {
        let model = &reference.model;
        let top = self.width - 8;
        let register = model.register_of(call.checksum);
        let register = call.message.iter().fold(register, |register, &byte| {
            if self.update_reflected {
                (register >> 8) ^ self.table[usize::from(register as u8 ^ byte)]
            } else {
                let index = (register >> top) as u8 ^ byte;
                ((register << 8) & model.mask()) ^ self.table[usize::from(index)]
            }
        });
        model.checksum_of(register)
    }
}

impl fmt::Display for Mixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = |reflected| if reflected { "lowest" } else { "highest" };
        write!(
            f,
            "builds its table {} bit first and uses it {} bit first",
            order(self.table_reflected),
            order(self.update_reflected)
        )?;
        if self.poly_reversed {
            f.write_str(", with the polynomial in reverse")?;
        }
        Ok(())
    }
}
