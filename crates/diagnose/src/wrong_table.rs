//! Wrong entries of a table.
//!
//! Row k of the table holds what a byte becomes when k more bytes of its block follow. The register
//! enters by XOR into the first bytes of a block, and the block becomes the sum of one entry from
//! each row. If the first bytes cancel the register and all bytes but one are 0, the answer depends
//! on one entry of index above 0: each entry shows by itself.

use crate::call::Call;
use crate::experiment::Experiment;
use crate::hypothesis::Hypothesis;
use crate::number_list::{hex, ranges};
use crate::reference::Reference;
use crcheck_platform::message_memory::Placement;
use crcheck_subject::FILLS;
use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongTable {
    /// The rows of the table: one for each byte of a block.
    pub rows: usize,
    /// Those that are wrong, at least one.
    pub wrong: Vec<WrongRow>,
}

/// A wrong row of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongRow {
    /// The number of bytes of the block that follow.
    pub row: usize,
    pub fault: RowFault,
    /// The XOR of each entry and the right value.
    differences: Vec<u64>,
}

/// What is wrong with a row. An entry is known by its index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowFault {
    /// One entry.
    Entry { index: u8, difference: u64 },
    /// One entry of a table of 16 entries, which takes each byte in two halves.
    OfHalves { index: usize, difference: u64 },
    /// `count` entries are missing from `first` on: later entries stand that much too early, and
    /// the last ones are 0.
    Missing { first: usize, count: usize },
    /// `count` entries from `first` on are 0.
    Zero { first: usize, count: usize },
    /// Entries from `first` on stand `count` too late.
    Late { first: usize, count: usize },
    /// These entries.
    Entries { indices: Vec<usize> },
}

/// The blocks in bytes of table kernels that do not go byte by byte.
const ROWS: [usize; 4] = [4, 8, 16, 32];

/// The entries of a row.
const ENTRIES: usize = 256;

/// If more entries than this follow no rule, the subject may have no table.
const ENTRIES_MAX: usize = 128;

/// The narrowest register that a byte goes into.
const WIDTH_MIN: u8 = 8;

/// If a table has a wrong entry, messages of no more bytes than this meet it.
const LENGTH_MAX: usize = 300;

pub(crate) fn candidates(experiment: &mut Experiment<'_>) -> Vec<WrongTable> {
    let width = experiment.reference.model.width;
    let shortest = experiment.wrong().first().map(|seen| seen.call.length());
    if width < WIDTH_MIN || shortest.is_none_or(|length| length > LENGTH_MAX) {
        return Vec::new();
    }
    let bytewise = read_table(experiment, 1);
    let mut tables = Vec::new();
    // What explains messages of several blocks leaves nothing to other tables.
    let is_bytewise = goes_bytewise_below(experiment, LENGTH_MAX, bytewise.as_ref());
    let may_have_blocks = width.is_multiple_of(8) && !is_bytewise;
    for rows in ROWS.into_iter().filter(|_| may_have_blocks) {
        if goes_bytewise_below(experiment, rows, bytewise.as_ref()) {
            tables.extend(read_table(experiment, rows));
        }
    }
    let all = bytewise.into_iter().chain(tables);
    all.filter(WrongTable::has_rule).collect()
}

/// Whether messages that are shorter than a block meet row 0 alone. Each table takes hundreds of
/// calls for each row, so that a look at known answers comes first.
fn goes_bytewise_below(
    experiment: &Experiment<'_>,
    rows: usize,
    bytewise: Option<&WrongTable>,
) -> bool {
    let reference = &experiment.reference;
    let answers = experiment.observations.iter();
    let mut short = answers.filter(|seen| seen.call.length() < rows);
    short.all(|seen| match bytewise {
        Some(table) => table.predict(reference, &seen.call, seen.expected) == seen.got,
        None => !seen.is_wrong(),
    })
}

/// The table of this many rows that the answers to short messages show. `None` if they show no
/// wrong entry.
fn read_table(experiment: &mut Experiment<'_>, rows: usize) -> Option<WrongTable> {
    let read: Option<Vec<Vec<u64>>> = (0..rows)
        .map(|row| read_row(experiment, rows, row))
        .collect();
    let mut read = read?;
    // The entries of index 0 are in every answer. Most entries of a row are right, so they show
    // which row has a wrong one.
    if rows > 1 && read[0][0] != 0 {
        read.iter_mut().for_each(take_out_others);
    }
    let is_wrong = |(_, differences): &(usize, Vec<u64>)| differences.iter().any(|&it| it != 0);
    let wrong = read.into_iter().enumerate().filter(is_wrong);
    let wrong: Vec<WrongRow> = wrong
        .map(|(row, differences)| WrongRow {
            row,
            fault: RowFault::of(&experiment.reference, row, &differences),
            differences,
        })
        .collect();
    (!wrong.is_empty()).then_some(WrongTable { rows, wrong })
}

/// Takes out what the entries of index 0 in other rows add to each answer: what most of the
/// answers have.
fn take_out_others(differences: &mut Vec<u64>) {
    let mut sorted = differences[1..].to_vec();
    sorted.sort_unstable();
    let most = sorted.chunk_by(|a, b| a == b).max_by_key(|run| run.len());
    let others = most.map_or(0, |run| run[0]);
    for difference in differences {
        *difference ^= others;
    }
}

/// By how much each entry of a row is wrong.
fn read_row(experiment: &mut Experiment<'_>, rows: usize, row: usize) -> Option<Vec<u64>> {
    let base = Call {
        placement: Placement::aligned(0),
        checksum: experiment.reference.model.checksum_of(0),
        message: vec![0; rows],
        fill: FILLS[0],
    };
    let mut base = experiment.possible(base);
    for at in 0..rows {
        base.message[at] = experiment.reference.register_byte(base.checksum, at);
    }
    let at = rows - 1 - row;
    let difference = |index: usize| {
        let mut call = base.clone();
        call.message[at] ^= index as u8;
        experiment.measure_difference(&call)
    };
    (0..ENTRIES).map(difference).collect()
}

impl RowFault {
    fn of(reference: &Reference, row: usize, differences: &[u64]) -> Self {
        let indices: Vec<usize> = (0..ENTRIES)
            .filter(|&index| differences[index] != 0)
            .collect();
        let (first, last) = (indices[0], indices[indices.len() - 1]);
        if first == last {
            return Self::Entry {
                index: first as u8,
                difference: differences[first],
            };
        }
        if row == 0
            && let Some(fault) = Self::of_halves(reference, differences)
        {
            return fault;
        }
        let right = row_entries(reference, row);
        let is = |index: usize, entry: u64| right[index] ^ differences[index] == entry;
        let is_zero = |from: usize, to: usize| (from..to).all(|index| is(index, 0));
        if is_zero(first, last + 1) {
            return Self::Zero {
                first,
                count: last + 1 - first,
            };
        }
        let are_from = |to: usize, by: isize| {
            let mut places = first..to;
            places.all(|index| is(index, right[index.wrapping_add_signed(by)]))
        };
        let missing = (1..ENTRIES - first).find(|&count| {
            let rest = ENTRIES - count;
            are_from(rest, count.cast_signed()) && is_zero(rest, ENTRIES)
        });
        if let Some(count) = missing {
            return Self::Missing { first, count };
        }
        let late = (1..=first).find(|&count| are_from(ENTRIES, -count.cast_signed()));
        if let Some(count) = late {
            return Self::Late { first, count };
        }
        Self::Entries { indices }
    }

    /// The wrong entry of a table of 16 that makes these entries wrong.
    fn of_halves(reference: &Reference, differences: &[u64]) -> Option<Self> {
        let model = &reference.model;
        if model.refin != model.refout || model.width < WIDTH_MIN {
            return None;
        }
        let right = row_entries(reference, 0);
        // A byte whose first half is 0 is looked up by its last half alone.
        let byte = |index: usize| if model.refin { index << 4 } else { index };
        let top = model.width - 4;
        let fits = |index: usize| {
            let difference = differences[byte(index)];
            let look_up =
                |half: usize| right[byte(half)] ^ if half == index { difference } else { 0 };
            let step = |register: u64| match model.refin {
                true => look_up((register & 15) as usize) ^ (register >> 4),
                false => look_up((register >> top) as usize) ^ (register << 4 & model.mask()),
            };
            let of_byte = |byte: usize| match model.refin {
                true => step(step(byte as u64)),
                false => step(step((byte as u64) << (model.width - 8))),
            };
            (0..ENTRIES).all(|byte| of_byte(byte) == right[byte] ^ differences[byte])
        };
        let index = (1..16).find(|&index| fits(index))?;
        let difference = differences[byte(index)];
        Some(Self::OfHalves { index, difference })
    }

    /// Whether so many entries are wrong without a rule that they may be no entries.
    fn is_rule(&self) -> bool {
        !matches!(self, Self::Entries { indices } if indices.len() > ENTRIES_MAX)
    }
}

/// The right entries of a row, as they enter the checksum.
fn row_entries(reference: &Reference, row: usize) -> Vec<u64> {
    let zero = reference.model.checksum_of(0);
    let mut block = vec![0; row + 1];
    let entries = 0..=u8::MAX;
    let entries = entries.map(|index| {
        block[0] = index;
        reference.update(zero, &block) ^ zero
    });
    entries.collect()
}

impl Hypothesis for WrongTable {
    fn predict(&self, reference: &Reference, call: &Call, _expected: u64) -> u64 {
        let blocks = call.message.chunks_exact(self.rows);
        let tail = blocks.remainder();
        let checksum = blocks.fold(call.checksum, |checksum, block| {
            self.step(reference, checksum, block)
        });
        // The tail goes byte by byte through row 0.
        tail.chunks(1).fold(checksum, |checksum, byte| {
            self.step(reference, checksum, byte)
        })
    }
}

impl WrongTable {
    /// Whether some wrong row follows a rule.
    fn has_rule(&self) -> bool {
        self.wrong.iter().any(|wrong| wrong.fault.is_rule())
    }

    /// The row with its only wrong entry, and the index of that entry, if it has one alone.
    pub fn entry(&self) -> Option<(usize, u8)> {
        match self.wrong.as_slice() {
            [wrong] => match wrong.fault {
                RowFault::Entry { index, .. } => Some((wrong.row, index)),
                _ => None,
            },
            _ => None,
        }
    }

    /// One look-up for each byte of the block, the last one in row 0.
    fn step(&self, reference: &Reference, checksum: u64, block: &[u8]) -> u64 {
        let right = reference.update(checksum, block);
        let wrong = self.wrong.iter().filter(|wrong| wrong.row < block.len());
        wrong.fold(right, |answer, wrong| {
            let at = block.len() - 1 - wrong.row;
            let index = block[at] ^ reference.register_byte(checksum, at);
            answer ^ wrong.differences[usize::from(index)]
        })
    }
}

impl fmt::Display for WrongTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The rows of a table are made from its first one, so that a fault of that one spreads.
        let mut by_rule = self.wrong.iter().filter(|wrong| wrong.fault.is_rule());
        let Some(named) = by_rule.next().or(self.wrong.first()) else {
            return Ok(());
        };
        let rows = self.rows;
        let is_entry = matches!(named.fault, RowFault::Entry { .. });
        let is_same = self.wrong.iter().all(|wrong| wrong.fault == named.fault);
        let place = match self.rows {
            1 => String::new(),
            _ if is_same && self.wrong.len() == rows => format!("each of its {rows} rows"),
            _ => format!(
                "row {} of {rows} (row 0 is that of the last byte of a block)",
                named.row
            ),
        };
        match &named.fault {
            RowFault::Entry { index, difference } => {
                f.write_str("has a wrong table entry: ")?;
                if rows > 1 {
                    write!(f, "{place}, ")?;
                }
                let difference = hex(f, *difference);
                write!(f, "index {index:#04x}, wrong by {difference}")?;
            }
            fault => fault.fmt(f)?,
        }
        if rows > 1 && !is_entry {
            write!(f, ", in {place}")?;
        }
        if rows > 1 && !(is_same && self.wrong.len() == rows) {
            let others = self.wrong.iter().filter(|wrong| wrong.row != named.row);
            let others: Vec<usize> = others.map(|wrong| wrong.row).collect();
            match others.len() {
                0 => {}
                1 => write!(f, "; row {} is wrong too", others[0])?,
                _ => write!(f, "; rows {} are wrong too", ranges(&others))?,
            }
        }
        Ok(())
    }
}

/// Indices that are listed one by one.
const LISTED_MAX: usize = 8;

impl fmt::Display for RowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entry { index, difference } => {
                write!(f, "has a wrong table entry: index {index:#04x}, ")?;
                write!(f, "wrong by {}", hex(f, *difference))
            }
            Self::OfHalves { index, difference } => {
                write!(
                    f,
                    "has a wrong entry in a table of 16 entries for halves of a byte: "
                )?;
                write!(f, "index {index:#x}, wrong by {}", hex(f, *difference))
            }
            Self::Missing { first, count: 1 } => write!(
                f,
                "lacks the entry of its table at index {first:#04x}: later entries stand 1 too \
                 early, and the last is zero"
            ),
            Self::Missing { first, count } => write!(
                f,
                "lacks {count} entries of its table from index {first:#04x} on: later entries \
                 stand {count} too early, and the last {count} are zero"
            ),
            Self::Zero { first, count } => write!(
                f,
                "has zeros for table entries {first:#04x} to {:#04x}",
                first + count - 1
            ),
            Self::Late { first, count } => write!(
                f,
                "has table entries that stand {count} too late, from index {first:#04x} on"
            ),
            Self::Entries { indices } if indices.len() <= LISTED_MAX => {
                let indices: Vec<String> = indices.iter().map(|it| format!("{it:#04x}")).collect();
                write!(f, "has wrong table entries: indices {}", indices.join(", "))
            }
            Self::Entries { indices } => write!(
                f,
                "has {} wrong table entries, the first of them at index {:#04x}",
                indices.len(),
                indices[0]
            ),
        }
    }
}
