//! One wrong entry of a table.
//!
//! Row k of the table holds what a byte becomes when k more bytes of its block follow. The register
//! enters by XOR into the first bytes of a block, and the block becomes the sum of one entry from
//! each row. If the message begins with the bytes of the register, and all others are 0, every index
//! is 0. If one byte differs, the answer depends on one entry of index above 0: each entry shows by
//! itself.

use crate::call::Call;
use crate::experiment::Experiment;
use crate::hypothesis::Hypothesis;
use crate::number_list::hex;
use crate::reference::Reference;
use crcheck_platform::message_memory::Placement;
use crcheck_subject::FILLS;
use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableEntry {
    /// The rows of the table: one for each byte of a block.
    pub rows: usize,
    /// The row of the entry: the number of bytes of the block that follow.
    pub row: usize,
    /// The index of the entry in its row.
    pub index: u8,
    /// The XOR of the entry and the right value.
    pub difference: u64,
}

/// The blocks of table kernels in bytes.
const ROWS: [usize; 5] = [1, 4, 8, 16, 32];

pub(crate) fn candidates(experiment: &mut Experiment<'_>) -> Vec<TableEntry> {
    if !experiment.reference.model.width.is_multiple_of(8) {
        return Vec::new();
    }
    for length in ROWS {
        for at in 0..length {
            match lone_index(experiment, length, at) {
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

/// The entry in each table that has its row.
fn entries(row: usize, index: u8, difference: u64) -> Vec<TableEntry> {
    let with_row = ROWS.into_iter().filter(|&rows| rows > row);
    with_row
        .map(|rows| TableEntry {
            rows,
            row,
            index,
            difference,
        })
        .collect()
}

enum Lone {
    /// The only index that gives a wrong answer, and the difference of the answer.
    Found(u8, u64),
    None,
    Stopped,
}

/// Tries every index of byte `at` of a block of `length` bytes, where the others have the index 0.
fn lone_index(experiment: &mut Experiment<'_>, length: usize, at: usize) -> Lone {
    let model = &experiment.reference.model;
    // Without an argument for it, the register is the initial one.
    let checksum = match experiment.takes_checksum() {
        true => model.checksum_of(0),
        false => model.initial_checksum(),
    };
    let of_register = |byte| register_byte(&experiment.reference, checksum, byte);
    let zero: Vec<u8> = (0..length).map(of_register).collect();
    let mut wrong = Vec::new();
    for index in 0..=u8::MAX {
        let mut message = zero.clone();
        message[at] ^= index;
        let call = Call {
            placement: Placement::aligned(0),
            checksum,
            message,
            fill: FILLS[0],
        };
        match experiment.measure_difference(&call) {
            Some(0) => {}
            Some(difference) => wrong.push((index, difference)),
            None => return Lone::Stopped,
        }
    }
    match wrong.as_slice() {
        [(index, difference)] => Lone::Found(*index, *difference),
        _ => Lone::None,
    }
}

impl Hypothesis for TableEntry {
    fn predict(&self, reference: &Reference, call: &Call, _expected: u64) -> u64 {
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
}

impl TableEntry {
    /// One look-up in each row. The wrong entry counts if byte `at` of the block selects it.
    fn step(&self, reference: &Reference, checksum: u64, block: &[u8], at: Option<usize>) -> u64 {
        let right = reference.update(checksum, block);
        let selects = |at: usize| self.index == block[at] ^ register_byte(reference, checksum, at);
        if at.is_some_and(selects) {
            right ^ self.difference
        } else {
            right
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
                "has a wrong table entry: row {row} of {rows} \
                 (row 0 is that of the last byte of a block), index {index:#04x}"
            )?;
        }
        write!(f, ", wrong by {}", hex(f, *difference))
    }
}
