//! Tables with wrong entries.

use super::{Draw, Subject};
use crcheck_oracle::bitwise::Bitwise;
use crcheck_oracle::judge::Judge;
use crcheck_oracle::model::Model;

/// The right row of a table, for a register that is in the order of input.
fn right_row(model: &Model, follow: usize) -> Vec<u64> {
    let name = "";
    let core = Model::new(
        name,
        model.width,
        model.poly,
        0,
        model.refin,
        model.refin,
        0,
    );
    let judge = Bitwise::new(&core.expect("a model"));
    let zeros = vec![0; follow];
    (0..=255)
        .map(|byte| judge.update(judge.update(0, &[byte]), &zeros))
        .collect()
}

/// A kernel that goes by blocks of as many bytes as it has rows, and then byte by byte.
fn update(model: &Model, rows: &[Vec<u64>], register: u64, message: &[u8]) -> u64 {
    let width = usize::from(model.width);
    let step = |register: u64, block: &[u8]| {
        let enters = |at: usize| match 8 * at + 8 <= width {
            true if model.refin => (register >> (8 * at)) as u8,
            true => (register >> (width - 8 - 8 * at)) as u8,
            false => 0,
        };
        let shift = 8 * block.len();
        let left = match (shift < width, model.refin) {
            (true, true) => register >> shift,
            (true, false) => register << shift & model.mask(),
            (false, _) => 0,
        };
        let entries = block
            .iter()
            .enumerate()
            .map(|(at, byte)| rows[block.len() - 1 - at][usize::from(byte ^ enters(at))]);
        entries.fold(left, |sum, entry| sum ^ entry)
    };
    let blocks = message.chunks_exact(rows.len());
    let tail = blocks.remainder();
    let register = blocks.fold(register, step);
    tail.chunks(1).fold(register, step)
}

fn by_table(draw: &mut Draw, sentence: String, rows: Vec<Vec<u64>>) -> Subject {
    let model = draw.model.clone();
    draw.subject(sentence, move |_, call| {
        let turn = |word: u64| match model.refin == model.refout {
            true => word,
            false => word.reverse_bits() >> (64 - model.width),
        };
        let register = turn(model.register_of(call.checksum));
        model.checksum_of(turn(update(&model, &rows, register, &call.message)))
    })
}

/// In some draws the register is reflected and the result is not.
fn turn_result(draw: &mut Draw) {
    if draw.one(&[false, false, true]) {
        let Model {
            width, poly, init, ..
        } = draw.model;
        let model = Model::new("", width, poly, init, true, false, 0);
        draw.model = model.expect("a model");
    }
}

pub(crate) fn table_entries_missing(draw: &mut Draw) -> Subject {
    turn_result(draw);
    let count = draw.number(1, 40);
    let first = draw.number(0, 250 - count);
    let mut row = right_row(&draw.model, 0);
    row.drain(first..first + count);
    row.resize(256, 0);
    let sentence = match count {
        1 => format!(
            "lacks the entry of its table at index {first:#04x}: later entries stand 1 too early, \
             and the last is zero"
        ),
        _ => format!(
            "lacks {count} entries of its table from index {first:#04x} on: later entries stand \
             {count} too early, and the last {count} are zero"
        ),
    };
    by_table(draw, sentence, vec![row])
}

pub(crate) fn table_entries_zero(draw: &mut Draw) -> Subject {
    turn_result(draw);
    let count = draw.number(2, 100);
    let first = draw.number(1, 256 - count);
    let mut row = right_row(&draw.model, 0);
    row[first..first + count].fill(0);
    let last = first + count - 1;
    let sentence = format!("has zeros for table entries {first:#04x} to {last:#04x}");
    by_table(draw, sentence, vec![row])
}

pub(crate) fn table_entries_late(draw: &mut Draw) -> Subject {
    let count = draw.number(1, 40);
    let first = draw.number(count, 250);
    let right = right_row(&draw.model, 0);
    let row = [&right[..first], &right[first - count..256 - count]].concat();
    let sentence =
        format!("has table entries that stand {count} too late, from index {first:#04x} on");
    by_table(draw, sentence, vec![row])
}

pub(crate) fn table_row_of_eight(draw: &mut Draw) -> Subject {
    let count = draw.number(2, 40);
    let first = draw.number(1, 250 - count);
    let mut rows: Vec<_> = (0..8).map(|row| right_row(&draw.model, row)).collect();
    let row = draw.number(0, 7);
    rows[row].drain(first..first + count);
    rows[row].resize(256, 0);
    let sentence = format!(
        "lacks {count} entries of its table from index {first:#04x} on: later entries stand \
         {count} too early, and the last {count} are zero, in row {row} of 8 (row 0 is that of the \
         last byte of a block)"
    );
    by_table(draw, sentence, rows)
}

/// A table of 16 entries, for the lower half of each byte and then the upper one, or the other way
/// round.
pub(crate) fn table_of_halves(draw: &mut Draw) -> Subject {
    let model = draw.model.clone();
    let right = right_row(&model, 0);
    let index = draw.number(1, 15);
    let difference = draw.number(1, 255) as u64;
    let digits = usize::from(model.width) / 4 + 2;
    let sentence = format!(
        "has a wrong entry in a table of 16 entries for halves of a byte: index {index:#x}, wrong \
         by {difference:#0digits$x}"
    );
    let (top, refin) = (model.width - 4, model.refin);
    let step = move |register: u64| {
        let half = if refin {
            register & 15
        } else {
            register >> top
        } as usize;
        let entry = right[if refin { half << 4 } else { half }];
        let shifted = if refin { register >> 4 } else { register << 4 };
        entry ^ shifted ^ if half == index { difference } else { 0 }
    };
    draw.subject(sentence, move |_, call| {
        let enters = |byte: u8| match refin {
            true => u64::from(byte),
            false => u64::from(byte) << (model.width - 8),
        };
        let by_byte = |register: u64, byte: &u8| {
            step(step(register ^ enters(*byte)) & model.mask()) & model.mask()
        };
        let register = model.register_of(call.checksum);
        model.checksum_of(call.message.iter().fold(register, by_byte))
    })
}
