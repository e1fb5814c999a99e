//! A register before the message that changes before the subject uses it.

use crate::algebra::{Ring, reverse_bytes};
use crate::call::Call;
use crate::experiment::Experiment;
use crate::hypothesis::Hypothesis;
use crate::number_list::{bits, hex};
use crate::reference::Reference;
use std::fmt;

/// What the subject uses instead of the register before the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangedRegister {
    /// Some of its bits, and 0 for the others. The start of the message may decide which.
    Masked {
        /// The start address counts modulo this.
        modulus: usize,
        /// The bits that stay, for each start.
        kept: Vec<u64>,
    },
    BytesReversed,
    BitsReversed,
    /// The model's initial register.
    Initial,
    /// These registers, of a subject that nobody gives one. The start of the message may decide
    /// which.
    StartsFrom {
        /// The start address counts modulo this.
        modulus: usize,
        /// The register for each start.
        registers: Vec<u64>,
        /// The register that is right.
        right: u64,
    },
}

pub(crate) fn candidates(experiment: &mut Experiment<'_>) -> Vec<ChangedRegister> {
    if !experiment.takes_checksum() {
        return starts_from(experiment).into_iter().collect();
    }
    let mut candidates = vec![
        ChangedRegister::BytesReversed,
        ChangedRegister::BitsReversed,
        ChangedRegister::Initial,
    ];
    candidates.extend(masked(experiment));
    candidates
}

/// The bits of the register that change the answer, at every start. If starts differ, the modulus
/// is the smallest one that tells them apart.
fn masked(experiment: &mut Experiment<'_>) -> Option<ChangedRegister> {
    let base = experiment.wrong_call_from(experiment.reference.register_bytes())?;
    let mut kept = Vec::with_capacity(64);
    for offset in 0..64 {
        let mut call = base.clone();
        call.placement.offset = offset;
        kept.push(bits_kept(experiment, &call)?);
    }
    let mask = experiment.reference.model.mask();
    if kept.iter().all(|&bits| bits == mask) {
        return None;
    }
    // At starts where the subject is right, no bit is lost. They get the mask of the other starts.
    let lossy: Vec<u64> = kept.iter().copied().filter(|&bits| bits != mask).collect();
    if lossy.iter().all(|&bits| bits == lossy[0]) {
        return Some(ChangedRegister::Masked {
            modulus: 1,
            kept: vec![lossy[0]],
        });
    }
    let modulus = period(&kept)?;
    kept.truncate(modulus);
    Some(ChangedRegister::Masked { modulus, kept })
}

/// The smallest modulus of the start that tells apart what differs.
fn period(of_starts: &[u64]) -> Option<usize> {
    let is_periodic = |&modulus: &usize| {
        let mut starts = 0..of_starts.len();
        starts.all(|start| of_starts[start] == of_starts[start % modulus])
    };
    [1, 2, 4, 8, 16, 32, 64].into_iter().find(is_periodic)
}

/// The registers that account for the answers to one message at every start: the difference of
/// registers is that of the answers, moved back by the length of the message.
fn starts_from(experiment: &mut Experiment<'_>) -> Option<ChangedRegister> {
    let base = experiment.wrong_call_from(experiment.reference.register_bytes())?;
    let model = experiment.reference.model.clone();
    let ring = Ring::of(&model);
    let back = ring.power(-8 * base.length() as i64);
    let right = model.register_of(model.initial_checksum());
    let mut registers = Vec::with_capacity(64);
    for offset in 0..64 {
        let mut call = base.clone();
        call.placement.offset = offset;
        let difference = experiment.measure_difference(&call)?;
        registers.push(right ^ ring.turn(ring.multiply(ring.turn(difference), back)));
    }
    // At starts where the subject is right, the condition says so.
    let wrong: Vec<u64> = registers
        .iter()
        .copied()
        .filter(|&it| it != right)
        .collect();
    if wrong.iter().all(|&register| register == wrong[0]) {
        registers = vec![*wrong.first()?];
    }
    let modulus = period(&registers)?;
    registers.truncate(modulus);
    Some(ChangedRegister::StartsFrom {
        modulus,
        registers,
        right,
    })
}

/// The bits of the register that change the answer to `base`.
fn bits_kept(experiment: &mut Experiment<'_>, base: &Call) -> Option<u64> {
    let before = experiment.measure(base)?;
    let mut kept = 0;
    for bit in 0..experiment.reference.model.width {
        let mut call = base.clone();
        call.checksum ^= 1 << bit;
        if experiment.measure(&call)? != before {
            kept |= 1 << bit;
        }
    }
    Some(kept)
}

impl Hypothesis for ChangedRegister {
    fn predict(&self, reference: &Reference, call: &Call, _expected: u64) -> u64 {
        let model = &reference.model;
        let register = model.register_of(call.checksum);
        let changed = match self {
            Self::Masked { modulus, kept } => register & kept[call.start() % modulus],
            Self::BytesReversed => reverse_bytes(register, model.width),
            Self::BitsReversed => model.reflect(register),
            Self::Initial => model.register_of(model.initial_checksum()),
            Self::StartsFrom {
                modulus, registers, ..
            } => registers[call.start() % modulus],
        };
        reference.update(model.checksum_of(changed), &call.message)
    }
}

impl fmt::Display for ChangedRegister {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Masked { modulus: 1, kept } => {
                write!(
                    f,
                    "keeps only {} of the register that it is given",
                    bits(kept[0])
                )
            }
            Self::Masked { modulus, kept } => {
                let parts: Vec<String> = kept
                    .iter()
                    .enumerate()
                    .map(|(start, &mask)| format!("{} at {start}", bits(mask)))
                    .collect();
                write!(
                    f,
                    "keeps a part of the register by the start address % {modulus}: {}",
                    parts.join(", ")
                )
            }
            Self::BytesReversed => {
                f.write_str("takes the register that it is given with its bytes in reverse order")
            }
            Self::BitsReversed => {
                f.write_str("takes the register that it is given with its bits in reverse order")
            }
            Self::Initial => {
                f.write_str("ignores the register that it is given and starts from the initial one")
            }
            Self::StartsFrom {
                modulus: 1,
                registers,
                right,
            } => {
                let (got, right) = (hex(f, registers[0]), hex(f, *right));
                write!(f, "starts from {got}, not {right}")
            }
            Self::StartsFrom {
                modulus, registers, ..
            } => {
                let part = |(start, &register)| format!("{} at {start}", hex(f, register));
                let parts: Vec<String> = registers.iter().enumerate().map(part).collect();
                write!(
                    f,
                    "starts from a register by the start address % {modulus}: {}",
                    parts.join(", ")
                )
            }
        }
    }
}
