//! The register that a call is given: used in part or not at all, or with its bytes or bits in another order.

use super::effect::Effect;
use super::laboratory::{Call, Laboratory, Reference};
use std::fmt;

/// What becomes of the register before it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Register {
    /// Some bits are cleared; which ones may depend on the start of the message.
    Masked {
        /// The start address is taken modulo this.
        modulus: usize,
        /// The bits kept, for each start.
        kept: Vec<u64>,
    },
    /// Its bytes are in reverse order.
    BytesReversed,
    /// Its bits are in reverse order.
    BitsReversed,
    /// The initial one is taken, whatever was given.
    Initial,
}

pub(super) fn candidates(lab: &mut Laboratory<'_>) -> Vec<Effect> {
    let mut effects = vec![
        Effect::Register(Register::BytesReversed),
        Effect::Register(Register::BitsReversed),
        Effect::Register(Register::Initial),
    ];
    effects.extend(masked(lab).map(Effect::Register));
    effects
}

/// The bits of the register that have an effect, at every start; if they differ, by the smallest
/// modulus that tells them apart.
fn masked(lab: &mut Laboratory<'_>) -> Option<Register> {
    let base = lab.wrong_from(lab.reference.register_bytes())?;
    let mut kept = Vec::with_capacity(64);
    for offset in 0..64 {
        let mut call = base.clone();
        call.placement.offset = offset;
        kept.push(bits_kept(lab, &call)?);
    }
    let mask = lab.reference.model.mask();
    if kept.iter().all(|&bits| bits == mask) {
        return None;
    }
    // At starts where nothing is lost by the fault's condition, the mask is that of the others.
    let lossy: Vec<u64> = kept.iter().copied().filter(|&bits| bits != mask).collect();
    if lossy.iter().all(|&bits| bits == lossy[0]) {
        return Some(Register::Masked {
            modulus: 1,
            kept: vec![lossy[0]],
        });
    }
    let is_periodic = |&modulus: &usize| {
        let mut starts = 0..64;
        starts.all(|start| kept[start] == kept[start % modulus])
    };
    let modulus = [2, 4, 8, 16, 32, 64].into_iter().find(is_periodic)?;
    kept.truncate(modulus);
    Some(Register::Masked { modulus, kept })
}

fn bits_kept(lab: &mut Laboratory<'_>, base: &Call) -> Option<u64> {
    let before = lab.measure(base)?;
    let mut kept = 0;
    for bit in 0..lab.reference.model.width {
        let mut call = base.clone();
        call.checksum ^= 1 << bit;
        if lab.measure(&call)? != before {
            kept |= 1 << bit;
        }
    }
    Some(kept)
}

impl Register {
    pub(super) fn predict(&self, reference: &Reference, call: &Call) -> u64 {
        let model = &reference.model;
        let register = model.register_of(call.checksum);
        let changed = match self {
            Self::Masked { modulus, kept } => register & kept[call.start() % modulus],
            Self::BytesReversed => bytes_reversed(register, model.width),
            Self::BitsReversed => model.reflect(register),
            Self::Initial => model.register_of(model.initial_checksum()),
        };
        reference.right(model.checksum_of(changed), &call.message)
    }
}

/// A word of `width` bits with its bytes in reverse order; a width that is no whole number of bytes
/// leaves it as it is.
pub(super) fn bytes_reversed(word: u64, width: u8) -> u64 {
    if width.is_multiple_of(8) {
        word.swap_bytes() >> (64 - width)
    } else {
        word
    }
}

impl fmt::Display for Register {
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
        }
    }
}

/// A mask as a range of bits, if it is one.
pub(super) fn bits(mask: u64) -> String {
    let (low, high) = (mask.trailing_zeros(), 63 - mask.leading_zeros().min(63));
    let is_run = mask != 0 && (mask >> low).wrapping_add(1).is_power_of_two();
    match (mask, is_run) {
        (0, _) => "no bits".to_owned(),
        (_, true) if low == high => format!("bit {low}"),
        (_, true) => format!("bits {low} to {high}"),
        _ => format!("the bits {mask:#x}"),
    }
}
