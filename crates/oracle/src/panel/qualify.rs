//! What a judge must do before it may judge.

use super::{Disagreement, Panel};
use crate::judge::Judge;
use crate::model::{CHECK_MESSAGE, Model, ModelError};
use std::fmt;

/// Why a panel of judges does not qualify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Disqualified {
    /// The model breaks a rule.
    Model(ModelError),
    /// The judge's checksum of `123456789` is not the model's `check`.
    Check {
        /// The judge's id.
        judge: &'static str,
        /// What it gave.
        got: u64,
        /// The model's value.
        expected: u64,
    },
    /// The register that the judge reaches after a codeword is not the model's `residue`.
    Residue {
        /// The judge's id.
        judge: &'static str,
        /// What it gave.
        got: u64,
        /// The model's value.
        expected: u64,
    },
    /// The judges differ on a message.
    Disagreement(Disagreement),
}

impl fmt::Display for Disqualified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Model(error) => error.fmt(f),
            Self::Check {
                judge,
                got,
                expected,
            } => {
                write!(
                    f,
                    "judge {judge} gives check {got:#x} where the model has {expected:#x}"
                )
            }
            Self::Residue {
                judge,
                got,
                expected,
            } => {
                write!(
                    f,
                    "judge {judge} gives residue {got:#x} where the model has {expected:#x}"
                )
            }
            Self::Disagreement(disagreement) => disagreement.fmt(f),
        }
    }
}

impl std::error::Error for Disqualified {}

/// Checks that a judge reaches the model's `check` and `residue`.
pub(super) fn show(model: &Model, judge: &dyn Judge) -> Result<(), Disqualified> {
    check(model, judge)?;
    residue(model, judge)
}

/// Checks that the judges agree. Every length to 300 from three checksums, whole and as prefixes,
/// passes the blocks of every judge. Then each byte value at all sixteen places of a block reaches
/// all entries of their tables.
pub(super) fn agree(panel: &Panel) -> Result<(), Disagreement> {
    let message: Vec<u8> = (0..=255).cycle().take(300).collect();
    let alternating = 0xa5a5_a5a5_a5a5_a5a5;
    for checksum in [panel.model().initial_checksum(), 0, alternating] {
        // Whole messages come first: they name the shortest on which two differ.
        let wholes: Result<Vec<u64>, _> = (0..=message.len())
            .map(|length| panel.update(checksum, &message[..length]))
            .collect();
        let wholes = wholes?;
        let prefixes = panel.prefixes(checksum, &message)?;
        for (length, (whole, prefix)) in wholes.into_iter().zip(prefixes).enumerate() {
            if whole != prefix {
                return Err(Disagreement::of_forms(checksum, length, prefix, whole));
            }
        }
    }
    for byte in 0..=255 {
        panel.update(alternating, &[byte; 16])?;
    }
    Ok(())
}

fn check(model: &Model, judge: &dyn Judge) -> Result<(), Disqualified> {
    let got = judge.update(model.initial_checksum(), CHECK_MESSAGE);
    if got == model.check {
        return Ok(());
    }
    Err(Disqualified::Check {
        judge: judge.id(),
        got,
        expected: model.check,
    })
}

/// Checks the residue by whole bytes: the register after w zero bits that follow `xorout`. Where w
/// is no multiple of 8, further zero bits advance both sides to the next whole byte.
fn residue(model: &Model, judge: &dyn Judge) -> Result<(), Disqualified> {
    let width = usize::from(model.width);
    let zeros = vec![0; width.div_ceil(8)];
    // The register `xorout`, in the order of output, is the checksum 0.
    let got = judge.update(0, &zeros);
    // The catalogue gives the residue in the order of reading; a register is in that of output.
    let residue = if model.refin == model.refout {
        model.residue
    } else {
        model.reflect(model.residue)
    };
    let missing = zeros.len() * 8 - width;
    let mut polynomial = model.polynomial_of(model.checksum_of(residue));
    for _ in 0..missing {
        let carry = polynomial >> (width - 1) & 1;
        polynomial = ((polynomial << 1) & model.mask()) ^ (model.poly * carry);
    }
    let expected = model.checksum_of_polynomial(polynomial);
    if got == expected {
        return Ok(());
    }
    Err(Disqualified::Residue {
        judge: judge.id(),
        got: model.register_of(got),
        expected: model.register_of(expected),
    })
}
