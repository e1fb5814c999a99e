//! Kernels that read too much of a message, too little, or something else.

use super::rewrite_from;
use crate::crc32;
use crate::draw::Draw;
use crate::right_diagnosis::RightDiagnosis;
use crate::spec::FaultSpec;
use crate::test_kernel::TestKernel;
use crcheck_harness::check::checks;
use crcheck_harness::diagnose::{ChangedMessage, Condition, Effect, Padding, Quantity};
use crcheck_harness::subject::Kind;

fn pad_tail(draw: &mut Draw, byte: u8, with: Padding) -> (TestKernel, RightDiagnosis) {
    let (from, modulus) = (draw.threshold(), draw.number(3, 128));
    let kernel = rewrite_from(from, move |message| {
        let mut padded = message.to_vec();
        padded.resize(message.len().next_multiple_of(modulus), byte);
        padded
    });
    (
        kernel,
        RightDiagnosis::Message(ChangedMessage::PadTail { modulus, with }),
    )
}

pub(super) const FAULTS: &[FaultSpec] = &[
    FaultSpec::drawn(
        "tail-dropped",
        "leaves out what is left over from whole blocks",
        "the article, its skeleton loop: whole vectors and no tail",
        |draw| {
            let (from, modulus) = (draw.threshold(), draw.number(3, 128));
            let kernel = rewrite_from(from, move |message| {
                message[..message.len() - message.len() % modulus].to_vec()
            });
            (
                kernel,
                RightDiagnosis::Message(ChangedMessage::DropTail { modulus }),
            )
        },
    ),
    FaultSpec::drawn(
        "tail-padded-zeros",
        "pads the tail with zeros",
        "the article, its tail handling",
        |draw| pad_tail(draw, 0x00, Padding::Zeros),
    ),
    FaultSpec::drawn(
        "tail-padded-ones",
        "pads the tail with bytes of 0xff",
        "the article, its tail handling, with erased memory for zeros",
        |draw| pad_tail(draw, 0xff, Padding::Ones),
    ),
    FaultSpec::drawn(
        "tail-padded-to-address",
        "pads the tail with zeros up to an aligned address",
        "xz 62: whole aligned words, in a buffer of zeros",
        |draw| {
            let (from, modulus) = (draw.threshold(), draw.one(&[2, 4, 8, 16, 32, 64]));
            let kernel = TestKernel::new(move |checksum, message| {
                let end = message.as_ptr_range().end.addr();
                let padding = end.next_multiple_of(modulus) - end;
                let mut padded = message.to_vec();
                padded.resize(message.len() + padding, 0);
                let is_padded = message.len() >= from;
                crc32::update(checksum, if is_padded { &padded } else { message })
            });
            let with = Padding::Zeros;
            let message = ChangedMessage::PadToAligned { modulus, with };
            (kernel, RightDiagnosis::Message(message))
        },
    ),
    FaultSpec::drawn(
        "tail-overlapped",
        "reads the last whole block for the tail, and counts bytes before the tail twice",
        "tails loaded from their end, without taking out what was there",
        |draw| {
            let modulus = draw.number(4, 64);
            let kernel = rewrite_from(modulus + 1, move |message| {
                let tail = message.len() % modulus;
                let mut bytes = message[..message.len() - tail].to_vec();
                if tail > 0 {
                    bytes.extend_from_slice(&message[message.len() - modulus..]);
                }
                bytes
            });
            (
                kernel,
                RightDiagnosis::Message(ChangedMessage::OverlapTail { modulus }),
            )
        },
    ),
    FaultSpec::drawn(
        "some-long-lengths",
        "has a bit of the result wrong at three of eight counts of 64-byte blocks, in messages of \
         kilobytes",
        "a loop over eight blocks whose rest is right near each power of two",
        |draw| {
            let (from, first) = (draw.number(8200, 20_000), draw.number(2, 3));
            let bit = 1_u32 << draw.number(0, 31);
            let kernel = TestKernel::new(move |checksum, message| {
                let right = crc32::update(checksum, message);
                let is_wrong = (first..first + 3).contains(&(message.len() / 64 % 8));
                right
                    ^ if message.len() >= from && is_wrong {
                        bit
                    } else {
                        0
                    }
            });
            (kernel, RightDiagnosis::Unexplained)
        },
    )
    .caught_only_by(checks::agree::ID, &[Kind::WrongValue]),
    FaultSpec::drawn(
        "first-bytes-left-out",
        "leaves out the first bytes",
        "pointers that are moved before they are used",
        |draw| {
            let (count, from) = (draw.number(1, 32), draw.threshold());
            let kernel = rewrite_from(from, move |message| {
                message.iter().skip(count).copied().collect()
            });
            (
                kernel,
                RightDiagnosis::Message(ChangedMessage::DropFirst(count)),
            )
        },
    ),
    FaultSpec::drawn(
        "last-bytes-left-out",
        "leaves out the last bytes",
        "zlib-ng 215 and other loops that end too early",
        |draw| {
            let (count, from) = (draw.number(1, 32), draw.threshold());
            let kernel = rewrite_from(from, move |message| {
                message[..message.len().saturating_sub(count)].to_vec()
            });
            (
                kernel,
                RightDiagnosis::Message(ChangedMessage::DropLast(count)),
            )
        },
    ),
    FaultSpec::drawn(
        "middle-bytes-left-out",
        "leaves out some bytes after the first ones",
        "a loop that goes on at a wrong offset behind its prologue",
        |draw| {
            let (from, count) = (draw.number(1, 100), draw.number(1, 64));
            let to = from + count;
            let length = to + draw.number(1, 100);
            let kernel = rewrite_from(length, move |message| {
                [&message[..from], &message[to..]].concat()
            });
            let effect = Effect::Message(ChangedMessage::DropMiddle { from, to });
            (kernel, RightDiagnosis::from_length(effect, length))
        },
    ),
    FaultSpec::drawn(
        "byte-near-end-left-out",
        "leaves out one byte near the end, at one remainder of the length",
        "tails by `switch` without one of their cases",
        |draw| {
            let modulus = draw.one(&[4, 8, 16]);
            let from = draw.number(2, modulus - 1);
            let is_hit = move |length: usize| length % modulus == from;
            let kernel = TestKernel::new(move |checksum, message| {
                let at = message.len().saturating_sub(from);
                let left = [&message[..at], &message[message.len().min(at + 1)..]].concat();
                crc32::update(
                    checksum,
                    if is_hit(message.len()) {
                        &left
                    } else {
                        message
                    },
                )
            });
            let to = from - 1;
            let effect = Effect::Message(ChangedMessage::DropNearEnd { from, to });
            let residues = Condition::Residue {
                of: Quantity::Length,
                modulus,
                residues: [from].into(),
            };
            (kernel, RightDiagnosis::when(effect, vec![residues]))
        },
    ),
    FaultSpec::drawn(
        "prologue-past-end",
        "leaves out the last byte of messages that end before the first aligned address",
        "prologues up to an aligned address that are longer than the message",
        |draw| {
            let modulus = draw.one(&[4, 8, 16, 32, 64]);
            let kernel = TestKernel::new(move |checksum, message| {
                let start = message.as_ptr().addr();
                let prologue = start.next_multiple_of(modulus) - start;
                let is_short = message.len() < prologue;
                let read = message.len() - usize::from(is_short && !message.is_empty());
                crc32::update(checksum, &message[..read])
            });
            let effect = Effect::Message(ChangedMessage::DropLast(1));
            let condition = Condition::EndsBeforeAligned { modulus };
            (kernel, RightDiagnosis::when(effect, vec![condition]))
        },
    ),
    FaultSpec::drawn(
        "prologue-skipped",
        "leaves out the bytes before the first aligned address",
        "comdb2 5541, blazingmq 688: prologues that do not do what the loop assumes",
        |draw| {
            let modulus = draw.one(&[4, 8, 16, 32, 64]);
            let kernel = TestKernel::new(move |checksum, message| {
                let start = message.as_ptr().addr();
                let skipped = start.next_multiple_of(modulus) - start;
                crc32::update(checksum, &message[skipped.min(message.len())..])
            });
            (
                kernel,
                RightDiagnosis::Message(ChangedMessage::DropToAligned { modulus }),
            )
        },
    ),
    FaultSpec::drawn(
        "bytes-appended",
        "reads some zeros behind the message",
        "lengths that are rounded up in a buffer of zeros",
        |draw| {
            let (count, from) = (draw.number(1, 32), draw.threshold());
            let kernel = rewrite_from(from, move |message| {
                let mut longer = message.to_vec();
                longer.resize(message.len() + count, 0);
                longer
            });
            let with = Padding::Zeros;
            (
                kernel,
                RightDiagnosis::Message(ChangedMessage::Append { count, with }),
            )
        },
    ),
    FaultSpec::drawn(
        "last-bytes-twice",
        "reads the last bytes twice",
        "xxHash 378: a buffer that was consumed and is consumed again",
        |draw| {
            let (bytes, from) = (draw.number(1, 32), draw.number(40, 300));
            let kernel = rewrite_from(from, move |message| {
                [message, &message[message.len() - bytes..]].concat()
            });
            (
                kernel,
                RightDiagnosis::Message(ChangedMessage::RepeatLast { bytes }),
            )
        },
    ),
    FaultSpec::drawn(
        "words-reversed",
        "reads words with the last byte first",
        "zowens/crc32c 34: the word order of the other kind of machine",
        |draw| {
            let (bytes, from) = (draw.one(&[2, 4, 8, 16]), draw.threshold());
            let kernel = rewrite_from(from, move |message| {
                let mut swapped = message.to_vec();
                swapped.chunks_exact_mut(bytes).for_each(<[u8]>::reverse);
                swapped
            });
            (
                kernel,
                RightDiagnosis::Message(ChangedMessage::ReverseWords { bytes }),
            )
        },
    ),
    FaultSpec::drawn(
        "halves-swapped",
        "reads the halves of each block in the wrong order",
        "lanes that are joined in the wrong order",
        |draw| {
            let (bytes, from) = (draw.one(&[4, 8, 16, 32, 64, 128]), draw.threshold());
            let kernel = rewrite_from(from, move |message| {
                let mut swapped = message.to_vec();
                let halves = swapped.chunks_exact_mut(bytes);
                halves.for_each(|block| block.rotate_left(bytes / 2));
                swapped
            });
            (
                kernel,
                RightDiagnosis::Message(ChangedMessage::SwapHalves { bytes }),
            )
        },
    ),
    FaultSpec::drawn(
        "bits-reversed",
        "reads the bits of each byte in the other order",
        "tables of the other bit order, as the article's",
        |draw| {
            let kernel = rewrite_from(draw.threshold(), |message| {
                message.iter().map(|byte| byte.reverse_bits()).collect()
            });
            // At every length, this is an algorithm whose input is not reflected.
            let not_reflected = RightDiagnosis::Parameters {
                poly: 0x04c1_1db7,
                refin: false,
                refout: true,
            };
            let reversed = RightDiagnosis::Message(ChangedMessage::ReverseBits);
            (kernel, RightDiagnosis::AnyOf(vec![not_reflected, reversed]))
        },
    ),
    FaultSpec::drawn(
        "read-backwards",
        "reads the whole message from its end",
        "loops that count down",
        |draw| {
            let kernel = rewrite_from(draw.threshold(), |message| {
                message.iter().rev().copied().collect()
            });
            (kernel, RightDiagnosis::Message(ChangedMessage::ReverseAll))
        },
    ),
    FaultSpec::drawn(
        "length-cut",
        "takes the length modulo a power of two",
        "dlang/phobos 2476: a length cast to a shorter type",
        |draw| {
            let bits = draw.one(&[7, 8, 9, 12, 16]);
            let kernel = TestKernel::new(move |checksum, message| {
                crc32::update(checksum, &message[..message.len() % (1 << bits)])
            });
            (
                kernel,
                RightDiagnosis::Message(ChangedMessage::TruncateLength { bits }),
            )
        },
    ),
    FaultSpec::drawn(
        "length-limited",
        "reads no more than a fixed number of bytes",
        "flate2-rs 31: counters that saturate",
        |draw| {
            let bytes = draw.number(16, 600);
            let kernel = TestKernel::new(move |checksum, message| {
                crc32::update(checksum, &message[..message.len().min(bytes)])
            });
            (
                kernel,
                RightDiagnosis::Message(ChangedMessage::LimitLength { bytes }),
            )
        },
    ),
];
