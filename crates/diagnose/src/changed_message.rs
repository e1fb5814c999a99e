//! A message that changes before the subject reads it: bytes are lost, added, repeated, or in
//! another order.

use crate::algebra::Ring;
use crate::call::Call;
use crate::experiment::{Experiment, Observation};
use crate::hypothesis::{Hypothesis, plausible};
use crate::number_list::{bytes, numbered, the_bytes};
use crate::reference::Reference;
use std::collections::HashMap;
use std::fmt;

/// What the subject reads instead of the message. A `modulus`, and the `bytes` of a word or a
/// block, are sizes in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangedMessage {
    /// All but the first bytes, this many.
    DropFirst(usize),
    /// All but the last bytes, this many.
    DropLast(usize),
    /// All but the bytes from index `from` on that come before index `to`.
    DropMiddle { from: usize, to: usize },
    /// All but the bytes from `from` bytes before the end to before `to` bytes before the end.
    DropNearEnd { from: usize, to: usize },
    /// The whole blocks, without the tail.
    DropTail { modulus: usize },
    /// The message from the first address on that is a multiple of the modulus.
    DropToAligned { modulus: usize },
    /// The message, and padding up to a whole number of blocks.
    PadTail { modulus: usize, with: Padding },
    /// The message, and padding up to an address that is a multiple of the modulus.
    PadToAligned { modulus: usize, with: Padding },
    /// The message and `count` bytes after it.
    Append { count: usize, with: Padding },
    /// The whole blocks, and then the last bytes, a block of them, if there is a tail. Bytes before
    /// the tail count twice.
    OverlapTail { modulus: usize },
    /// The message and once more its last bytes.
    RepeatLast { bytes: usize },
    /// The bytes of each whole word in reverse order.
    ReverseWords { bytes: usize },
    /// The second half of each whole block before the first.
    SwapHalves { bytes: usize },
    /// The whole message from its end.
    ReverseAll,
    /// The bits of every byte in reverse order.
    ReverseBits,
    /// A prefix: the length modulo 2^`bits`.
    TruncateLength { bits: u32 },
    /// A prefix of at most this many bytes.
    LimitLength { bytes: usize },
    /// One byte of each whole word of `bytes` bytes.
    KeepByte {
        bytes: usize,
        index: usize,
        others: Others,
    },
    /// The bytes after the last whole block, or the last block if there are none, from the initial
    /// register: the subject starts over at each block.
    StartOver { modulus: usize },
}

/// Bytes after the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    Zeros,
    /// Bytes of 0xff.
    Ones,
    /// The memory after the message.
    Slack,
}

/// What becomes of the other bytes of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// They count as zeros.
    Zeros,
    /// They do not count at all.
    Skipped,
}

const PADDINGS: [Padding; 3] = [Padding::Zeros, Padding::Ones, Padding::Slack];

/// More bytes than this are lost or added seldom.
const COUNT_LIKELY: usize = 64;

/// The largest word of which one byte may count.
const WORD_BYTES_MAX: usize = 16;

/// The largest block of a hypothesis.
const BLOCK_BYTES_MAX: usize = 256;

pub(crate) fn candidates(experiment: &mut Experiment<'_>) -> Vec<ChangedMessage> {
    let mut candidates = vec![ChangedMessage::ReverseAll, ChangedMessage::ReverseBits];
    candidates.extend((1..=COUNT_LIKELY).flat_map(at_an_end));
    for modulus in 2..=BLOCK_BYTES_MAX {
        candidates.push(ChangedMessage::DropTail { modulus });
        candidates.extend(PADDINGS.map(|with| ChangedMessage::PadTail { modulus, with }));
        candidates.push(ChangedMessage::OverlapTail { modulus });
        candidates.push(ChangedMessage::StartOver { modulus });
        candidates.push(ChangedMessage::ReverseWords { bytes: modulus });
        if modulus % 2 == 0 {
            candidates.push(ChangedMessage::SwapHalves { bytes: modulus });
        }
    }
    for modulus in [2, 4, 8, 16, 32, 64] {
        candidates.push(ChangedMessage::DropToAligned { modulus });
        candidates.extend(PADDINGS.map(|with| ChangedMessage::PadToAligned { modulus, with }));
    }
    candidates.extend((6..32).map(|bits| ChangedMessage::TruncateLength { bits }));
    candidates.extend(limit(experiment));
    candidates.extend(plausible(experiment, seldom()));
    candidates.extend(plausible(experiment, dropped(experiment)));
    candidates
}

/// The longest message whose dropped bytes are looked for.
const DROPPED_FROM_MAX: usize = 2048;

/// Bytes inside the message, without which an answer is right: the checksum before them is that
/// which leads from behind them to the answer. The shortest wrong message may end among them, so
/// that a longer one is asked too.
fn dropped(experiment: &Experiment<'_>) -> Vec<ChangedMessage> {
    let wrong = experiment.wrong();
    let shortest = wrong.first().map_or(0, |seen| seen.call.length());
    let longer = wrong
        .iter()
        .find(|seen| seen.call.length() >= shortest + COUNT_LIKELY);
    let asked = wrong.first().into_iter().chain(longer);
    let asked = asked.filter(|seen| seen.call.length() <= DROPPED_FROM_MAX);
    asked
        .flat_map(|seen| dropped_of(&experiment.reference, seen))
        .collect()
}

fn dropped_of(reference: &Reference, seen: &Observation) -> Vec<ChangedMessage> {
    let (message, length) = (&seen.call.message, seen.call.length());
    let ring = Ring::of(&reference.model);
    let mut places: HashMap<u64, Vec<usize>> = HashMap::new();
    let mut candidates = Vec::new();
    let mut checksum = seen.call.checksum;
    for to in 0..length {
        let behind = checksum ^ ring.before(seen.got ^ seen.expected, length - to);
        for &from in places.get(&behind).into_iter().flatten() {
            if from > 0 {
                candidates.push(ChangedMessage::DropMiddle { from, to });
            }
            let (from, to) = (length - from, length - to);
            candidates.push(ChangedMessage::DropNearEnd { from, to });
        }
        places.entry(checksum).or_default().push(to);
        checksum = reference.update(checksum, &message[to..=to]);
    }
    candidates
}

/// Changes that are rare.
fn seldom() -> impl Iterator<Item = ChangedMessage> {
    let words = (2..=WORD_BYTES_MAX).flat_map(|bytes| (0..bytes).map(move |index| (bytes, index)));
    let kept = words.flat_map(|(bytes, index)| {
        [Others::Zeros, Others::Skipped].map(|others| ChangedMessage::KeepByte {
            bytes,
            index,
            others,
        })
    });
    kept.chain((COUNT_LIKELY + 1..=BLOCK_BYTES_MAX).flat_map(at_an_end))
}

/// So many bytes less or more at an end.
fn at_an_end(count: usize) -> Vec<ChangedMessage> {
    let mut candidates = vec![
        ChangedMessage::DropLast(count),
        ChangedMessage::DropFirst(count),
        ChangedMessage::RepeatLast { bytes: count },
    ];
    candidates.extend(PADDINGS.map(|with| ChangedMessage::Append { count, with }));
    candidates
}

/// A limit of the length, if the shortest wrong answer is the checksum of a prefix.
fn limit(experiment: &Experiment<'_>) -> Option<ChangedMessage> {
    let wrong = *experiment.wrong().first()?;
    let call = &wrong.call;
    let prefix_sum = |length| {
        let prefix = &call.message[..length];
        experiment.reference.update(call.checksum, prefix)
    };
    let mut lengths = (0..call.length()).rev().take(128);
    let bytes = lengths.find(|&length| prefix_sum(length) == wrong.got)?;
    Some(ChangedMessage::LimitLength { bytes })
}

impl Hypothesis for ChangedMessage {
    fn predict(&self, reference: &Reference, call: &Call, _expected: u64) -> u64 {
        let message = call.message.as_slice();
        let length = message.len();
        let sum = |message: &[u8]| reference.update(call.checksum, message);
        match *self {
            Self::DropFirst(count) => sum(&message[count.min(length)..]),
            Self::DropLast(count) => sum(&message[..length.saturating_sub(count)]),
            Self::DropMiddle { from, to } => {
                let checksum = sum(&message[..from.min(length)]);
                reference.update(checksum, &message[to.min(length)..])
            }
            Self::DropNearEnd { from, to } => {
                let checksum = sum(&message[..length.saturating_sub(from)]);
                reference.update(checksum, &message[length.saturating_sub(to)..])
            }
            Self::DropTail { modulus } => sum(&message[..length - length % modulus]),
            Self::DropToAligned { modulus } => {
                let skipped = (modulus - call.start() % modulus) % modulus;
                sum(&message[skipped.min(length)..])
            }
            Self::TruncateLength { bits } => sum(&message[..length % (1 << bits)]),
            Self::LimitLength { bytes } => sum(&message[..length.min(bytes)]),
            Self::StartOver { modulus } => {
                if length <= modulus {
                    return sum(message);
                }
                let from = (length - 1) / modulus * modulus;
                reference.update(reference.model.initial_checksum(), &message[from..])
            }
            _ => sum(&self.read_bytes(call)),
        }
    }
}

impl ChangedMessage {
    /// The bytes that the subject reads, if they are no part of the message in memory.
    fn read_bytes(&self, call: &Call) -> Vec<u8> {
        let mut bytes = call.message.clone();
        let length = bytes.len();
        match *self {
            Self::PadTail { modulus, with } => {
                bytes.resize(length.next_multiple_of(modulus), with.byte(call));
            }
            Self::PadToAligned { modulus, with } => {
                let end = call.start() + length;
                bytes.resize(
                    length + end.next_multiple_of(modulus) - end,
                    with.byte(call),
                );
            }
            Self::Append { count, with } => bytes.resize(length + count, with.byte(call)),
            Self::OverlapTail { modulus } => {
                let tail = length % modulus;
                if tail > 0 && length > modulus {
                    bytes.truncate(length - tail);
                    bytes.extend_from_slice(&call.message[length - modulus..]);
                }
            }
            Self::RepeatLast { bytes: count } => {
                bytes.extend_from_slice(&call.message[length.saturating_sub(count)..]);
            }
            Self::ReverseWords { bytes: count } => {
                bytes.chunks_exact_mut(count).for_each(<[u8]>::reverse);
            }
            Self::SwapHalves { bytes: count } => {
                bytes
                    .chunks_exact_mut(count)
                    .for_each(|block| block.rotate_left(count / 2));
            }
            Self::KeepByte {
                bytes: count,
                index,
                others,
            } => {
                let tail = length - length % count;
                let is_kept = |at: usize| at >= tail || at % count == index;
                let kept = bytes.iter().enumerate().map(|(at, &byte)| match others {
                    Others::Zeros => Some(if is_kept(at) { byte } else { 0 }),
                    Others::Skipped => is_kept(at).then_some(byte),
                });
                bytes = kept.flatten().collect();
            }
            Self::ReverseAll => bytes.reverse(),
            Self::ReverseBits => {
                for byte in &mut bytes {
                    *byte = byte.reverse_bits();
                }
            }
            _ => {}
        }
        bytes
    }
}

impl Padding {
    fn byte(self, call: &Call) -> u8 {
        match self {
            Self::Zeros => 0x00,
            Self::Ones => 0xff,
            Self::Slack => call.fill,
        }
    }
}

impl Padding {
    /// Writes that the subject reads on, or pads the tail, up to `end`.
    fn fmt_to(self, f: &mut fmt::Formatter<'_>, end: fmt::Arguments<'_>) -> fmt::Result {
        match self {
            Self::Slack => write!(f, "reads on behind the message to {end}"),
            with => write!(f, "pads the tail with {with} to {end}"),
        }
    }
}

impl fmt::Display for Padding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Zeros => "zeros",
            Self::Ones => "bytes of 0xff",
            Self::Slack => "what lies behind the message",
        })
    }
}

impl fmt::Display for Others {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Zeros => "the others count as zeros",
            Self::Skipped => "it skips the others",
        })
    }
}

impl fmt::Display for ChangedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DropFirst(count) => write!(f, "leaves out the first {}", the_bytes(*count)),
            Self::DropLast(count) => write!(f, "leaves out the last {}", the_bytes(*count)),
            Self::DropMiddle { from, to } => write!(f, "leaves out {}", numbered(*from..*to)),
            Self::DropNearEnd { from, to } if from - to == 1 => {
                write!(f, "leaves out byte length - {from}")
            }
            Self::DropNearEnd { from, to } => {
                write!(f, "leaves out bytes length - {from} to length - {}", to + 1)
            }
            Self::DropTail { modulus } => {
                write!(f, "leaves out the tail: the last length % {modulus} bytes")
            }
            Self::DropToAligned { modulus } => write!(
                f,
                "leaves out the bytes before the first address that is a multiple of {modulus}"
            ),
            Self::PadTail { modulus, with } => {
                with.fmt_to(f, format_args!("a multiple of {modulus} bytes"))
            }
            Self::PadToAligned { modulus, with } => with.fmt_to(
                f,
                format_args!("an address that is a multiple of {modulus}"),
            ),
            Self::Append { count, with } => {
                write!(
                    f,
                    "reads on behind the message: {} more, {with}",
                    the_bytes(*count)
                )
            }
            Self::OverlapTail { modulus } => write!(
                f,
                "reads the last {modulus} bytes for the tail, so that bytes before it count twice"
            ),
            Self::RepeatLast { bytes: count } => {
                write!(f, "reads the last {} twice", the_bytes(*count))
            }
            Self::ReverseWords { bytes } => {
                write!(f, "reads words of {bytes} bytes with the last byte first")
            }
            Self::SwapHalves { bytes } => {
                write!(
                    f,
                    "reads the two halves of each {bytes} bytes in the wrong order"
                )
            }
            Self::KeepByte {
                bytes,
                index,
                others,
            } => write!(
                f,
                "reads only byte {index} of each whole {bytes} bytes: {others}"
            ),
            Self::ReverseAll => f.write_str("reads the message from its end"),
            Self::ReverseBits => f.write_str("reads the bits of each byte in the wrong order"),
            Self::TruncateLength { bits } => write!(f, "takes the length modulo 2^{bits}"),
            Self::LimitLength { bytes: limit } => {
                write!(f, "reads no more than {}", bytes(*limit))
            }
            Self::StartOver { modulus } => {
                write!(
                    f,
                    "starts over after each {modulus} bytes, so that only the last of them count"
                )
            }
        }
    }
}
