//! One table look-up a byte (Sarwate, "Computation of cyclic redundancy checks via table look-up",
//! 1988), the register in the order in which the model reads bits.

use crate::judge::Judge;
use crate::model::Model;

/// The judge with a table of 256 entries.
#[derive(Clone, Debug)]
pub struct ByteTable {
    model: Model,
    /// If `refin`: what a byte at the low end becomes after eight shifts to the right. If not: what
    /// a byte at the top of 64 bits becomes after eight shifts to the left.
    table: Box<[u64; 256]>,
}

impl ByteTable {
    /// The table of `model`.
    pub fn new(model: &Model) -> Self {
        let mut table = Box::new([0; 256]);
        for (byte, entry) in (0..).zip(table.iter_mut()) {
            *entry = if model.refin {
                right(model, byte)
            } else {
                left(model, byte)
            };
        }
        Self {
            model: model.clone(),
            table,
        }
    }

    /// From a checksum to the register in the table's form.
    fn enter(&self, checksum: u64) -> u64 {
        let register = self.model.register_of(checksum);
        let reads_as_it_writes = self.model.refin == self.model.refout;
        let ordered = if reads_as_it_writes {
            register
        } else {
            self.model.reflect(register)
        };
        if self.model.refin {
            ordered
        } else {
            ordered << (64 - self.model.width)
        }
    }

    /// From the register in the table's form to the checksum.
    fn leave(&self, word: u64) -> u64 {
        let ordered = if self.model.refin {
            word
        } else {
            word >> (64 - self.model.width)
        };
        let reads_as_it_writes = self.model.refin == self.model.refout;
        let register = if reads_as_it_writes {
            ordered
        } else {
            self.model.reflect(ordered)
        };
        register ^ self.model.xorout
    }

    fn step(&self, word: u64, byte: u8) -> u64 {
        if self.model.refin {
            (word >> 8) ^ self.table[usize::from(word as u8 ^ byte)]
        } else {
            (word << 8) ^ self.table[usize::from((word >> 56) as u8 ^ byte)]
        }
    }
}

/// What a byte at the low end becomes after eight shifts to the right.
fn right(model: &Model, byte: u64) -> u64 {
    let poly = model.reflect(model.poly);
    let mut word = byte;
    for _ in 0..8 {
        let carry = word & 1;
        word >>= 1;
        if carry == 1 {
            word ^= poly;
        }
    }
    word
}

/// What a byte at the top of 64 bits becomes after eight shifts to the left.
fn left(model: &Model, byte: u64) -> u64 {
    let poly = model.poly << (64 - model.width);
    let mut word = byte << 56;
    for _ in 0..8 {
        let carry = word & (1 << 63);
        word <<= 1;
        if carry != 0 {
            word ^= poly;
        }
    }
    word
}

impl Judge for ByteTable {
    fn id(&self) -> &'static str {
        "byte-table"
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        // Eight bytes enter at once and move to their place of look-up: one wait less a byte.
        let (ahead, rest) = message.as_chunks::<8>();
        let word = ahead.iter().fold(self.enter(checksum), |word, bytes| {
            let bytes = if self.model.refin {
                u64::from_le_bytes(*bytes)
            } else {
                u64::from_be_bytes(*bytes)
            };
            (0..8).fold(word ^ bytes, |word, _| self.step(word, 0))
        });
        self.leave(rest.iter().fold(word, |word, &byte| self.step(word, byte)))
    }

    fn prefixes(&self, checksum: u64, message: &[u8], out: &mut Vec<u64>) {
        let mut word = self.enter(checksum);
        out.clear();
        out.push(self.leave(word));
        for &byte in message {
            word = self.step(word, byte);
            out.push(self.leave(word));
        }
    }
}
