//! Sixteen bytes a step, one table look-up each (Kounavis and Berry, "Novel table lookup-based
//! algorithms for high-performance CRC generation", 2008).
//!
//! Row k of the table holds what a byte becomes when k more bytes follow it. The register enters by
//! XOR into the first eight bytes of a block. A block of sixteen bytes then becomes the XOR of one
//! entry from each row.

use crate::judge::Judge;
use crate::model::Model;

/// Bytes a step.
const BLOCK_BYTES: usize = 16;

type Rows<W> = Box<[[W; 256]; BLOCK_BYTES]>;

/// The judge with sixteen tables.
#[derive(Clone, Debug)]
pub struct Slicing16 {
    xorout: u64,
    width: u8,
    /// Whether checksums and tables differ in bit order.
    is_crossed: bool,
    rows: Order,
}

/// The tables. Entries have 32 bits where those suffice, so that they fit the innermost cache.
#[derive(Clone, Debug)]
enum Order {
    /// Lowest bit first, register at the low end.
    Low32(Rows<u32>),
    Low64(Rows<u64>),
    /// Highest bit first, register at the top of 64 bits. Entries of 32 bits are the upper half.
    High32(Rows<u32>),
    High64(Rows<u64>),
}

impl Slicing16 {
    /// The tables of `model`.
    pub fn new(model: &Model) -> Self {
        let is_narrow = model.width <= 32;
        let rows = match (model.refin, is_narrow) {
            (true, true) => Order::Low32(rows(|row, byte| low(model, row, byte) as u32)),
            (true, false) => Order::Low64(rows(|row, byte| low(model, row, byte))),
            (false, true) => Order::High32(rows(|row, byte| (high(model, row, byte) >> 32) as u32)),
            (false, false) => Order::High64(rows(|row, byte| high(model, row, byte))),
        };
        Self {
            xorout: model.xorout,
            width: model.width,
            is_crossed: model.refin != model.refout,
            rows,
        }
    }

    /// From the bit order of checksums to that of the tables, or back.
    fn turn(&self, word: u64) -> u64 {
        if self.is_crossed {
            word.reverse_bits() >> (64 - self.width)
        } else {
            word
        }
    }
}

fn rows<W: Copy + Default>(entry: impl Fn(usize, u8) -> W) -> Rows<W> {
    let mut rows = Box::new([[W::default(); 256]; BLOCK_BYTES]);
    for (row, entries) in rows.iter_mut().enumerate() {
        for (byte, slot) in (0..=255).zip(entries.iter_mut()) {
            *slot = entry(row, byte);
        }
    }
    rows
}

/// `byte` at the low end, after shifts by it and by `row` bytes of zeros.
fn low(model: &Model, row: usize, byte: u8) -> u64 {
    let poly = model.reflect(model.poly);
    (0..8 * (row + 1)).fold(u64::from(byte), |word, _| (word >> 1) ^ (poly * (word & 1)))
}

/// `byte` at the top, after shifts by it and by `row` bytes of zeros.
fn high(model: &Model, row: usize, byte: u8) -> u64 {
    let poly = model.poly << (64 - model.width);
    (0..8 * (row + 1)).fold(u64::from(byte) << 56, |word, _| {
        (word << 1) ^ (poly * (word >> 63))
    })
}

fn low_pass<W: Copy + Into<u64>>(rows: &Rows<W>, mut word: u64, message: &[u8]) -> u64 {
    let (blocks, rest) = message.as_chunks::<BLOCK_BYTES>();
    for block in blocks {
        let (first, second) = halves(block);
        let first = (u64::from_le_bytes(first) ^ word).to_le_bytes();
        word = block_sum(rows, first, second);
    }
    for &byte in rest {
        word = (word >> 8) ^ rows[0][usize::from(word as u8 ^ byte)].into();
    }
    word
}

fn high_pass<W: Copy + Into<u64>>(
    rows: &Rows<W>,
    shift: u32,
    mut word: u64,
    message: &[u8],
) -> u64 {
    let (blocks, rest) = message.as_chunks::<BLOCK_BYTES>();
    for block in blocks {
        let (first, second) = halves(block);
        let first = (u64::from_be_bytes(first) ^ word).to_be_bytes();
        word = block_sum(rows, first, second) << shift;
    }
    for &byte in rest {
        let entry: u64 = rows[0][usize::from((word >> 56) as u8 ^ byte)].into();
        word = (word << 8) ^ (entry << shift);
    }
    word
}

fn halves(block: &[u8; BLOCK_BYTES]) -> ([u8; 8], [u8; 8]) {
    let (first, second) = block.split_at(8);
    (
        first.try_into().expect("8 bytes"),
        second.try_into().expect("8 bytes"),
    )
}

/// The XOR of the entries of a block: 15 - i bytes follow byte i.
fn block_sum<W: Copy + Into<u64>>(rows: &Rows<W>, first: [u8; 8], second: [u8; 8]) -> u64 {
    let mut sum = 0;
    for i in 0..8 {
        sum ^= rows[15 - i][usize::from(first[i])].into();
        sum ^= rows[7 - i][usize::from(second[i])].into();
    }
    sum
}

impl Judge for Slicing16 {
    fn id(&self) -> &'static str {
        "slicing-16"
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        let mask = u64::MAX >> (64 - self.width);
        let word = self.turn((checksum ^ self.xorout) & mask);
        let top = 64 - u32::from(self.width);
        let word = match &self.rows {
            Order::Low32(rows) => low_pass(rows, word, message),
            Order::Low64(rows) => low_pass(rows, word, message),
            Order::High32(rows) => high_pass(rows, 32, word << top, message) >> top,
            Order::High64(rows) => high_pass(rows, 0, word << top, message) >> top,
        };
        self.turn(word) ^ self.xorout
    }
}
