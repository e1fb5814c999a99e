//! The message: bytes left out, added, repeated, or in another order.

use super::effect::Effect;
use super::laboratory::{Call, Laboratory, Reference};
use std::fmt;

/// What is read instead of the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rewrite {
    /// The first bytes are left out.
    DropFirst(usize),
    /// The last bytes are left out.
    DropLast(usize),
    /// What is left over from a whole number of blocks is left out.
    DropTail {
        /// The bytes of a block.
        modulus: usize,
    },
    /// The bytes up to the next address that is a multiple of this are left out.
    DropToAligned {
        /// The alignment.
        modulus: usize,
    },
    /// The message is filled up to a whole number of blocks.
    PadTail {
        /// The bytes of a block.
        modulus: usize,
        /// With what.
        with: Padding,
    },
    /// So many bytes are added at the end.
    Append {
        /// How many.
        count: usize,
        /// What they are.
        with: Padding,
    },
    /// The last whole block is read where a tail is left: bytes before the tail count twice.
    OverlapTail {
        /// The bytes of a block.
        modulus: usize,
    },
    /// The last block is read twice.
    RepeatLast {
        /// The bytes of a block.
        bytes: usize,
    },
    /// The bytes of each whole word are in reverse order.
    ReverseWords {
        /// The bytes of a word.
        bytes: usize,
    },
    /// The two halves of each whole block change places.
    SwapHalves {
        /// The bytes of a block.
        bytes: usize,
    },
    /// The whole message is read from its end.
    ReverseAll,
    /// The bits of every byte are in reverse order.
    ReverseBits,
    /// The length is taken modulo 2 to this.
    TruncateLength {
        /// The bits of the length that are kept.
        bits: u32,
    },
    /// The length is at most this.
    LimitLength {
        /// The most.
        bytes: usize,
    },
    /// The register starts over at each block: only what follows the last whole block counts, or the
    /// last block if nothing does.
    StartOver {
        /// The bytes of a block.
        modulus: usize,
    },
}

/// Bytes that are added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// Zeros.
    Zeros,
    /// Bytes of 0xff.
    Ones,
    /// What lies behind the message.
    Slack,
}

/// The largest block that is thought of.
const BLOCK_BYTES_MAX: usize = 256;

pub(super) fn candidates(lab: &mut Laboratory<'_>) -> Vec<Effect> {
    let mut rewrites = vec![Rewrite::ReverseAll, Rewrite::ReverseBits];
    let paddings = [Padding::Zeros, Padding::Ones, Padding::Slack];
    for count in 1..=64 {
        rewrites.push(Rewrite::DropLast(count));
        rewrites.push(Rewrite::DropFirst(count));
        rewrites.extend(paddings.map(|with| Rewrite::Append { count, with }));
        rewrites.push(Rewrite::RepeatLast { bytes: count });
    }
    for modulus in 2..=BLOCK_BYTES_MAX {
        rewrites.push(Rewrite::DropTail { modulus });
        rewrites.extend(paddings.map(|with| Rewrite::PadTail { modulus, with }));
        rewrites.push(Rewrite::OverlapTail { modulus });
        rewrites.push(Rewrite::StartOver { modulus });
        rewrites.push(Rewrite::ReverseWords { bytes: modulus });
        if modulus % 2 == 0 {
            rewrites.push(Rewrite::SwapHalves { bytes: modulus });
        }
    }
    for modulus in [2, 4, 8, 16, 32, 64] {
        rewrites.push(Rewrite::DropToAligned { modulus });
    }
    rewrites.extend((6..32).map(|bits| Rewrite::TruncateLength { bits }));
    rewrites.extend(limit(lab));
    rewrites.into_iter().map(Effect::Message).collect()
}

/// The length that a message has no more of, if a longer one gives what its prefix should: sought
/// among the prefixes of the shortest wrong one.
fn limit(lab: &Laboratory<'_>) -> Option<Rewrite> {
    let seen = *lab.wrong().first()?;
    let call = &seen.call;
    let mut found = (0..call.length())
        .rev()
        .take(128)
        .filter(|&length| lab.reference.right(call.checksum, &call.message[..length]) == seen.got);
    found.next().map(|bytes| Rewrite::LimitLength { bytes })
}

impl Rewrite {
    pub(super) fn predict(&self, reference: &Reference, call: &Call) -> u64 {
        let message = call.message.as_slice();
        let length = message.len();
        let right = |message: &[u8]| reference.right(call.checksum, message);
        match *self {
            Self::DropFirst(count) => right(&message[count.min(length)..]),
            Self::DropLast(count) => right(&message[..length.saturating_sub(count)]),
            Self::DropTail { modulus } => right(&message[..length - length % modulus]),
            Self::DropToAligned { modulus } => {
                let skipped = (modulus - call.start() % modulus) % modulus;
                right(&message[skipped.min(length)..])
            }
            Self::TruncateLength { bits } => right(&message[..length % (1 << bits)]),
            Self::LimitLength { bytes } => right(&message[..length.min(bytes)]),
            Self::StartOver { modulus } => {
                if length <= modulus {
                    return right(message);
                }
                let from = (length - 1) / modulus * modulus;
                reference.right(reference.model.initial_checksum(), &message[from..])
            }
            _ => right(&self.rewritten(call)),
        }
    }

    /// The bytes that are read, where they are no part of the message as it lies there.
    fn rewritten(&self, call: &Call) -> Vec<u8> {
        let mut bytes = call.message.clone();
        let length = bytes.len();
        match *self {
            Self::PadTail { modulus, with } => {
                bytes.resize(length.next_multiple_of(modulus), with.byte(call));
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

impl fmt::Display for Padding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Zeros => "zeros",
            Self::Ones => "bytes of 0xff",
            Self::Slack => "what lies behind the message",
        })
    }
}

fn bytes(count: usize) -> String {
    if count == 1 {
        "byte".to_owned()
    } else {
        format!("{count} bytes")
    }
}

impl fmt::Display for Rewrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DropFirst(count) => write!(f, "leaves out the first {}", bytes(*count)),
            Self::DropLast(count) => write!(f, "leaves out the last {}", bytes(*count)),
            Self::DropTail { modulus } => {
                write!(f, "leaves out the tail: the last length % {modulus} bytes")
            }
            Self::DropToAligned { modulus } => write!(
                f,
                "leaves out the bytes before the first address that is a multiple of {modulus}"
            ),
            Self::PadTail {
                modulus,
                with: Padding::Slack,
            } => write!(
                f,
                "reads on behind the message to a multiple of {modulus} bytes"
            ),
            Self::PadTail { modulus, with } => {
                write!(
                    f,
                    "pads the tail with {with} to a multiple of {modulus} bytes"
                )
            }
            Self::Append { count, with } => {
                write!(
                    f,
                    "reads on behind the message: {} more, {with}",
                    bytes(*count)
                )
            }
            Self::OverlapTail { modulus } => write!(
                f,
                "reads the last {modulus} bytes for the tail, so that bytes before it count twice"
            ),
            Self::RepeatLast { bytes: count } => {
                write!(f, "reads the last {} twice", bytes(*count))
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
            Self::ReverseAll => f.write_str("reads the message from its end"),
            Self::ReverseBits => f.write_str("reads the bits of each byte in the wrong order"),
            Self::TruncateLength { bits } => write!(f, "takes the length modulo 2^{bits}"),
            Self::LimitLength { bytes } => write!(f, "reads no more than {bytes} bytes"),
            Self::StartOver { modulus } => {
                write!(
                    f,
                    "starts over after each {modulus} bytes, so that only the last of them count"
                )
            }
        }
    }
}
