//! What an instruction computes from values: a value and flags.

use super::size::Size;
use crate::state::Flag;

/// Values of operands, zero-extended, and all flags.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inputs {
    pub(super) a: u64,
    pub(super) b: u64,
    pub(super) c: u64,
    pub(super) flags: u64,
    pub(super) size: Size,
}

/// A value, of which the destination takes its lowest bits, and all flags.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outcome {
    pub(super) value: u64,
    pub(super) flags: u64,
}

pub(super) type Computation = fn(&Inputs) -> Outcome;

impl Inputs {
    #[inline]
    pub(super) const fn has(&self, flag: Flag) -> bool {
        self.flags & flag.mask() != 0
    }

    /// A value; the flags stay.
    #[inline]
    pub(super) const fn value(&self, value: u64) -> Outcome {
        Outcome {
            value,
            flags: self.flags,
        }
    }

    /// A value whose zero, sign and parity go to the flags. Carry, adjust and overflow are clear.
    #[inline]
    pub(super) const fn result(&self, value: u64) -> Outcome {
        let value = value & self.size.mask();
        Outcome {
            value,
            flags: self.flags & !Flag::ARITHMETIC,
        }
        .with(Flag::Zero, value == 0)
        .with(Flag::Sign, self.size.is_negative(value))
        .with(Flag::Parity, (value as u8).count_ones().is_multiple_of(2))
    }
}

impl Outcome {
    #[inline]
    pub(super) const fn with(self, flag: Flag, value: bool) -> Self {
        Self {
            flags: self.flags & !flag.mask() | (value as u64) << flag as u32,
            ..self
        }
    }
}
