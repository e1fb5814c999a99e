//! One wrong entry of a table.
//!
//! With row k of the table being what a byte becomes when k more bytes of its block follow, a block of
//! B bytes is the sum of one entry from each row, and the register enters by XOR into the index of the
//! first bytes. With a register of 0 and a message of zeros but for one byte, each entry is looked up
//! by itself.

use super::effect::Effect;
use super::laboratory::{Call, Laboratory, Reference};
use crcheck_platform::message_memory::Placement;
use crcheck_subject::FILLS;
use std::fmt;

/// An entry, and by what it is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableEntry {
    /// The bytes of a block, which are the rows of the table.
    pub rows: usize,
    /// The row: how many bytes of the block follow.
    pub row: usize,
    /// The index in it.
    pub index: u8,
    /// The XOR of the entry and what it should be.
    pub difference: u64,
}

/// Block sizes of table kernels.
const ROWS: [usize; 5] = [1, 4, 8, 16, 32];

pub(super) fn candidates(lab: &mut Laboratory<'_>) -> Vec<Effect> {
    if !lab.reference.model.width.is_multiple_of(8) {
        return Vec::new();
    }
    for length in ROWS {
        for at in 0..length {
            match lone_index(lab, length, at) {
                Lone::Found(index, difference) => {
                    return entries(length - 1 - at, index, difference);
                }
                Lone::None => {}
                Lone::Stopped => return Vec::new(),
            }
        }
    }
    Vec::new()
}

fn entries(row: usize, index: u8, difference: u64) -> Vec<Effect> {
    let with_row = ROWS.into_iter().filter(|&rows| rows > row);
    with_row
        .map(|rows| {
            Effect::Table(TableEntry {
                rows,
                row,
                index,
                difference,
            })
        })
        .collect()
}

enum Lone {
    /// One value of the byte, and no other, gives a wrong answer, by this difference.
    Found(u8, u64),
    None,
    Stopped,
}

/// Tries every value of byte `at` among `length` bytes of zeros.
fn lone_index(lab: &mut Laboratory<'_>, length: usize, at: usize) -> Lone {
    let mut wrong = Vec::new();
    for value in 0..=u8::MAX {
        let mut message = vec![0; length];
        message[at] = value;
        let call = Call {
            placement: Placement::aligned(0),
            checksum: lab.reference.model.checksum_of(0),
            message,
            fill: FILLS[0],
        };
        match lab.difference(&call) {
            Some(0) => {}
            Some(difference) => wrong.push((value, difference)),
            None => return Lone::Stopped,
        }
    }
    match wrong.as_slice() {
        [(value, difference)] => Lone::Found(*value, *difference),
        _ => Lone::None,
    }
}

impl TableEntry {
    pub(super) fn predict(&self, reference: &Reference, call: &Call) -> u64 {
        let blocks = call.message.chunks_exact(self.rows);
        let tail = blocks.remainder();
        let checksum = blocks.fold(call.checksum, |checksum, block| {
            let at = self.rows - 1 - self.row;
            self.step(reference, checksum, block, Some(at))
        });
        // The tail goes byte by byte through row 0.
        let at = (self.row == 0).then_some(0);
        tail.chunks(1).fold(checksum, |checksum, byte| {
            self.step(reference, checksum, byte, at)
        })
    }

    /// One look-up of each row, with what is wrong if byte `at` of the block meets the entry.
    fn step(&self, reference: &Reference, checksum: u64, block: &[u8], at: Option<usize>) -> u64 {
        let right = reference.right(checksum, block);
        let meets = |at: usize| self.index == block[at] ^ register_byte(reference, checksum, at);
        right
            ^ if at.is_some_and(meets) {
                self.difference
            } else {
                0
            }
    }
}

/// The byte of the register that enters by XOR into byte `at` of a block.
fn register_byte(reference: &Reference, checksum: u64, at: usize) -> u8 {
    let model = &reference.model;
    let bytes = usize::from(model.width / 8);
    if at >= bytes {
        return 0;
    }
    let low_first = model.refout;
    let shift = if low_first { at } else { bytes - 1 - at };
    (model.register_of(checksum) >> (8 * shift)) as u8
}

impl fmt::Display for TableEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            rows,
            row,
            index,
            difference,
        } = self;
        if *rows == 1 {
            write!(f, "has a wrong table entry: index {index:#04x}")?;
        } else {
            write!(
                f,
                "has a wrong table entry: row {row} of {rows} (row 0 is that of the last byte of a block), index {index:#04x}"
            )?;
        }
        write!(f, ", wrong by {difference:#010x}")
    }
}
