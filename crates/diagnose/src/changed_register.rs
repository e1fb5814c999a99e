//! A register before the message that changes before the subject uses it.

use crate::algebra::{Ring, extend_sign, reverse_bytes};
use crate::call::Call;
use crate::experiment::Experiment;
use crate::hypothesis::Hypothesis;
use crate::number_list::{bits, hex};
use crate::reference::Reference;
use std::collections::BTreeSet;
use std::fmt;

/// What the subject uses instead of the register before the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangedRegister {
    /// Some of its bits. The start of the message may decide which.
    Masked {
        /// The start address counts modulo this.
        modulus: usize,
        /// The bits that stay, for each start.
        kept: Vec<u64>,
        rest: Rest,
    },
    /// As many of its bits as the message has: those that meet a bit of the message.
    Met {
        rest: Rest,
    },
    /// The bits that meet no bit of the message, because it is too short.
    Unmet {
        rest: Rest,
    },
    /// This many of its lowest bits, and copies of the highest of them.
    SignExtended {
        from: u32,
    },
    BytesReversed,
    BitsReversed,
    /// The model's initial register.
    Initial,
    /// The model's initial register if the checksum before the message is 0.
    ZeroForNone,
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

/// What the subject has instead of lost bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    Zeros,
    Ones,
    /// The bits of this register.
    Of(u64),
}

impl Rest {
    /// Those bits of `register` that are kept, and this for the others.
    fn fill(self, register: u64, kept: u64) -> u64 {
        let rest = match self {
            Self::Zeros => 0,
            Self::Ones => u64::MAX,
            Self::Of(word) => word,
        };
        (register & kept) | (rest & !kept)
    }
}

/// Those that explain wrong answers to calls from one register or checksum too. There, another
/// start would explain them as well, and say less.
pub(crate) fn reversed(experiment: &Experiment<'_>) -> Vec<ChangedRegister> {
    let width = experiment.reference.model.width;
    let bytes = (width.is_multiple_of(8) && width > 8).then_some(ChangedRegister::BytesReversed);
    let bits = [ChangedRegister::BitsReversed];
    // At several lengths that are shorter than a register, another start has other words for each.
    let lengths: BTreeSet<usize> = experiment
        .wrong()
        .iter()
        .map(|seen| seen.call.length())
        .collect();
    let is_short = lengths.last() < Some(&experiment.reference.register_bytes());
    let is_by_length = !experiment.takes_checksum() && lengths.len() > 1 && is_short;
    let by_length = by_length().filter(|_| is_by_length);
    let is_told_from_none = experiment.takes_checksum() && initial_checksum(experiment) != 0;
    let zero = is_told_from_none.then_some(ChangedRegister::ZeroForNone);
    let reversed = bytes.into_iter().chain(bits);
    zero.into_iter().chain(reversed).chain(by_length).collect()
}

fn initial_checksum(experiment: &Experiment<'_>) -> u64 {
    experiment.reference.model.initial_checksum()
}

/// Those that keep a part of the register by the length of the message.
fn by_length() -> impl Iterator<Item = ChangedRegister> {
    let rests = [Rest::Zeros, Rest::Ones].into_iter();
    rests.flat_map(|rest| {
        [
            ChangedRegister::Met { rest },
            ChangedRegister::Unmet { rest },
        ]
    })
}

pub(crate) fn candidates(experiment: &mut Experiment<'_>) -> Vec<ChangedRegister> {
    // A subject that is given no register loses none.
    if !experiment.takes_checksum() {
        return starts_from(experiment).into_iter().collect();
    }
    let width = u32::from(experiment.reference.model.width);
    let mut candidates = vec![ChangedRegister::Initial];
    candidates.extend(by_length());
    let signs = [8, 16, 32].into_iter().filter(|&from| from < width);
    candidates.extend(signs.map(|from| ChangedRegister::SignExtended { from }));
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
    let kept = if lossy.iter().all(|&bits| bits == lossy[0]) {
        vec![lossy[0]]
    } else {
        kept[..period(&kept)?].to_vec()
    };
    Some(ChangedRegister::Masked {
        modulus: kept.len(),
        rest: rest(experiment, &kept),
        kept,
    })
}

/// The wrong answers that show where lost bits come from.
const SHOWING: usize = 64;

/// What the subject has instead of lost bits, as wrong answers show it.
fn rest(experiment: &Experiment<'_>, kept: &[u64]) -> Rest {
    let reference = &experiment.reference;
    let wrong = experiment.wrong();
    let word = wrong.iter().take(SHOWING).fold(0, |rest, seen| {
        let used = reference.register_behind(&seen.call, seen.got, seen.expected);
        rest | (used & !kept[seen.call.start() % kept.len()])
    });
    let lost = kept.iter().fold(0, |lost, kept| lost | !kept);
    match word {
        0 => Rest::Zeros,
        _ if word == lost & reference.model.mask() => Rest::Ones,
        _ => Rest::Of(word),
    }
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
    fn predict(&self, reference: &Reference, call: &Call, expected: u64) -> u64 {
        let model = &reference.model;
        if *self == Self::ZeroForNone && call.checksum != 0 {
            return expected;
        }
        let register = model.register_of(call.checksum);
        let changed = match self {
            Self::Masked {
                modulus,
                kept,
                rest,
            } => rest.fill(register, kept[call.start() % modulus]),
            Self::Met { rest } => rest.fill(register, bits_met(reference, call.length())),
            Self::Unmet { rest } => rest.fill(register, !bits_met(reference, call.length())),
            Self::SignExtended { from } => extend_sign(register, *from),
            Self::BytesReversed => reverse_bytes(register, model.width),
            Self::BitsReversed => model.reflect(register),
            Self::Initial | Self::ZeroForNone => reference.initial_register(),
            Self::StartsFrom {
                modulus, registers, ..
            } => registers[call.start() % modulus],
        };
        reference.update(model.checksum_of(changed), &call.message)
    }

    fn text_of_one_shot(&self, digits: usize) -> String {
        let order = match self {
            Self::BytesReversed => "bytes",
            Self::BitsReversed => "bits",
            _ => {
                let text = format!("{self:digits$}");
                return text.replace("the register that it is given", "its first register");
            }
        };
        format!("starts from the initial register with its {order} in reverse order")
    }
}

/// The bits of a register that meet a bit of a message of this length. The highest power meets the
/// first bit.
fn bits_met(reference: &Reference, length: usize) -> u64 {
    let (mask, width) = (reference.model.mask(), usize::from(reference.model.width));
    let left = width.saturating_sub(8 * length);
    if left == width {
        0
    } else if reference.model.refout {
        mask >> left
    } else {
        mask & (mask << left)
    }
}

impl fmt::Display for ChangedRegister {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Masked { kept, rest, .. } => {
                fmt_kept(f, kept)?;
                rest.fmt(f)
            }
            Self::Met { rest } => write!(
                f,
                "keeps no more bits of the register that it is given than the message has{rest}"
            ),
            Self::Unmet { rest } => write!(
                f,
                "keeps only those bits of the register that it is given that meet no byte of the \
                 message{rest}"
            ),
            Self::SignExtended { from } => write!(
                f,
                "keeps only bits 0 to {last} of the register that it is given: those above are \
                 copies of bit {last}",
                last = from - 1
            ),
            Self::BytesReversed => {
                f.write_str("takes the register that it is given with its bytes in reverse order")
            }
            Self::BitsReversed => {
                f.write_str("takes the register that it is given with its bits in reverse order")
            }
            Self::Initial => {
                f.write_str("ignores the register that it is given and starts from the initial one")
            }
            Self::ZeroForNone => {
                f.write_str("takes a checksum of 0 for none, and starts from the initial register")
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

fn fmt_kept(f: &mut fmt::Formatter<'_>, kept: &[u64]) -> fmt::Result {
    if let [kept] = kept {
        return write!(
            f,
            "keeps only {} of the register that it is given",
            bits(*kept)
        );
    }
    let parts: Vec<String> = kept
        .iter()
        .enumerate()
        .map(|(start, &mask)| format!("{} at {start}", bits(mask)))
        .collect();
    write!(
        f,
        "keeps a part of the register by the start address % {}: {}",
        kept.len(),
        parts.join(", ")
    )
}

/// Written behind the bits that are kept.
impl fmt::Display for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zeros => Ok(()),
            Self::Ones => f.write_str(", and sets the others"),
            Self::Of(word) => write!(f, ", and takes the others from {word:#x}"),
        }
    }
}
