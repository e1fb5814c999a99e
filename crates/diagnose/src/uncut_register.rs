//! A register of a wider type than the model's that nobody cuts: the low bits of the result are
//! right, and what was shifted out stands above them.

use crate::call::Call;
use crate::experiment::Experiment;
use crate::hypothesis::Hypothesis;
use crate::reference::Reference;
use std::fmt;

/// A register that shifts to the left and keeps bits above the model's width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UncutRegister {
    /// The model's width.
    pub width: u32,
    /// The bits of the result.
    pub bits: u32,
    /// How the loop moves its register.
    pub by: Step,
    /// Whether the bits above are inverted at the end.
    pub is_inverted: bool,
}

/// One step of a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A bit, after the byte has gone into the register.
    Bit,
    /// A bit, which meets one bit of the message on its way out.
    LoneBit,
    /// A byte, by a table.
    Byte,
}

pub(crate) fn candidates(experiment: &Experiment<'_>) -> Vec<UncutRegister> {
    let model = &experiment.reference.model;
    let width = u32::from(model.width);
    let wrong = experiment.wrong();
    let seen = wrong.iter().fold(0, |all, seen| all | seen.got);
    let bits = (u64::BITS - seen.leading_zeros())
        .max(1)
        .next_power_of_two();
    if model.refin || model.refout || width < 8 || bits <= width {
        return Vec::new();
    }
    let ends: &[bool] = if model.xorout == model.mask() {
        &[false, true]
    } else {
        &[false]
    };
    let steps = [Step::Byte, Step::Bit, Step::LoneBit].into_iter();
    let candidate = |by, is_inverted| UncutRegister {
        width,
        bits,
        by,
        is_inverted,
    };
    steps
        .flat_map(|by| {
            ends.iter()
                .map(move |&is_inverted| candidate(by, is_inverted))
        })
        .collect()
}

impl UncutRegister {
    fn step(&self, reference: &Reference, register: u64, byte: u8) -> u64 {
        let model = &reference.model;
        let (top, byte) = (self.width - 1, u64::from(byte));
        match self.by {
            Step::Byte => {
                let low = reference.update(model.checksum_of(register), &[byte as u8]);
                let shifted = (register << 8) & !model.mask();
                shifted | model.register_of(low)
            }
            Step::Bit => (0..8).fold(register ^ byte << (self.width - 8), |register, _| {
                (register << 1) ^ (model.poly * (register >> top & 1))
            }),
            Step::LoneBit => (0..8).rev().fold(register, |register, bit| {
                let out = (register >> top ^ byte >> bit) & 1;
                (register << 1) ^ (model.poly * out)
            }),
        }
    }
}

impl Hypothesis for UncutRegister {
    fn predict(&self, reference: &Reference, call: &Call, _expected: u64) -> u64 {
        let model = &reference.model;
        let first = model.register_of(call.checksum);
        let step = |register, byte: &u8| self.step(reference, register, *byte);
        let last = call.message.iter().fold(first, step);
        let above = if self.is_inverted { !model.mask() } else { 0 };
        (last ^ model.xorout ^ above) & (u64::MAX >> (64 - self.bits))
    }
}

impl fmt::Display for UncutRegister {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "gives the right low {} bits, and other bits above them: what its register of {} bits \
             has shifted out",
            self.width, self.bits
        )
    }
}
