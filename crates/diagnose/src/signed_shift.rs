//! A register of a signed type, whose shift to the right copies the highest bit.
//!
//! Such a shift goes wrong when the highest bit is set, in the loop over the message or in the loop
//! that builds the table. It is linear over GF(2). So if it is in both, it does what a loop by one
//! bit does.

use crate::algebra::extend_sign;
use crate::call::Call;
use crate::experiment::Experiment;
use crate::hypothesis::Hypothesis;
use crate::reference::Reference;
use std::fmt;

/// The loop whose shift copies the highest bit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedShift {
    /// The bits by which the loop over the message shifts its register: 1, 4 or 8.
    pub by: u32,
    /// Whether not that shift copies the highest bit, but the one that builds its table.
    pub is_in_table: bool,
    /// What the lowest bits of the register become, for a loop by 4 or 8 bits.
    table: Vec<u64>,
}

pub(crate) fn candidates(experiment: &Experiment<'_>) -> Vec<SignedShift> {
    let reference = &experiment.reference;
    // A register that shifts to the left has no bit above to copy.
    if !reference.model.refin || reference.model.width < 8 {
        return Vec::new();
    }
    let shifts = [(1, false), (4, false), (8, false), (4, true), (8, true)];
    let candidate = |(by, is_in_table)| SignedShift {
        by,
        is_in_table,
        table: table(reference, by, is_in_table),
    };
    shifts.map(candidate).into()
}

/// Shifts a register of this width to the right.
fn shift(width: u32, word: u64, by: u32, is_signed: bool) -> u64 {
    let mask = u64::MAX >> (64 - width);
    if is_signed {
        (extend_sign(word, width).cast_signed() >> by.min(63)).cast_unsigned() & mask
    } else {
        word.checked_shr(by).unwrap_or(0)
    }
}

/// What the lowest `by` bits of a register become, bit by bit.
fn table(reference: &Reference, by: u32, is_signed: bool) -> Vec<u64> {
    let model = &reference.model;
    let poly = model.reflect(model.poly);
    let step = |word: u64| shift(model.width.into(), word, 1, is_signed) ^ (poly * (word & 1));
    let entry = |index: u64| (0..by).fold(index, |word, _| step(word));
    (0..1 << by).map(entry).collect()
}

impl Hypothesis for SignedShift {
    fn predict(&self, reference: &Reference, call: &Call, _expected: u64) -> u64 {
        let model = &reference.model;
        let turn = |word: u64| {
            if model.refout {
                word
            } else {
                model.reflect(word)
            }
        };
        let lowest = (1_u64 << self.by) - 1;
        let register =
            call.message
                .iter()
                .fold(turn(model.register_of(call.checksum)), |register, &byte| {
                    (0..8 / self.by).fold(register ^ u64::from(byte), |register, _| {
                        let entry = self.table[(register & lowest) as usize];
                        shift(model.width.into(), register, self.by, !self.is_in_table) ^ entry
                    })
                });
        model.checksum_of(turn(register))
    }
}

impl fmt::Display for SignedShift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = match self.by {
            1 => "1 bit".to_owned(),
            by => format!("{by} bits"),
        };
        match self.is_in_table {
            false => write!(
                f,
                "shifts its register by {bits} at a time as a signed number"
            )?,
            true => write!(
                f,
                "builds its table for {bits} at a time with the shift of a signed number"
            )?,
        }
        f.write_str(": copies of the highest bit come in above")
    }
}
