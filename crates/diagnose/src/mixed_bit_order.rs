//! A table of one bit order in a loop of the other.

use crate::call::Call;
use crate::experiment::Experiment;
use crate::hypothesis::Hypothesis;
use crate::reference::Reference;
use std::fmt;

/// The bit orders of a byte table, of the loop that uses it, and of the polynomial in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MixedBitOrder {
    /// Whether the table has the lowest bit first.
    pub is_table_reflected: bool,
    /// Whether the loop shifts to the right.
    pub is_update_reflected: bool,
    /// Whether table and polynomial differ in bit order.
    pub is_poly_reversed: bool,
    table: Vec<u64>,
    width: u32,
}

pub(crate) fn candidates(experiment: &mut Experiment<'_>) -> Vec<MixedBitOrder> {
    let model = &experiment.reference.model;
    if model.width < 8 {
        return Vec::new();
    }
    let mut candidates = Vec::new();
    for is_table_reflected in [false, true] {
        for is_update_reflected in [false, true] {
            for is_poly_reversed in [false, true] {
                let poly = if is_table_reflected != is_poly_reversed {
                    model.reflect(model.poly)
                } else {
                    model.poly
                };
                candidates.push(MixedBitOrder {
                    is_table_reflected,
                    is_update_reflected,
                    is_poly_reversed,
                    table: table(model.width.into(), poly, is_table_reflected),
                    width: model.width.into(),
                });
            }
        }
    }
    candidates
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

impl Hypothesis for MixedBitOrder {
    fn predict(&self, reference: &Reference, call: &Call, _expected: u64) -> u64 {
        let model = &reference.model;
        let top = self.width - 8;
        let register = model.register_of(call.checksum);
        let register = call.message.iter().fold(register, |register, &byte| {
            if self.is_update_reflected {
                (register >> 8) ^ self.table[usize::from(register as u8 ^ byte)]
            } else {
                let index = (register >> top) as u8 ^ byte;
                ((register << 8) & model.mask()) ^ self.table[usize::from(index)]
            }
        });
        model.checksum_of(register)
    }
}

impl fmt::Display for MixedBitOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = |reflected| if reflected { "lowest" } else { "highest" };
        write!(
            f,
            "builds its table {} bit first and uses it {} bit first",
            order(self.is_table_reflected),
            order(self.is_update_reflected)
        )?;
        if self.is_poly_reversed {
            f.write_str(", with the polynomial in reverse")?;
        }
        Ok(())
    }
}
