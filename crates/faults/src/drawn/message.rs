//! Messages of which too much, too little or something else is read.

use super::{Draw, Family, value};
use crate::base;
use crate::exhibit::Exhibit;
use crate::expect::Expect;
use crcheck_harness::diagnose::{Padding, Rewrite};

/// Right below `from`; from there on the checksum of what `rewrite` makes of the message.
fn rewritten(from: usize, rewrite: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static) -> Exhibit {
    Exhibit::of(move |checksum, message| {
        if message.len() < from {
            base::update(checksum, message)
        } else {
            base::update(checksum, &rewrite(message))
        }
    })
}

fn padded(draw: &mut Draw, byte: u8, with: Padding) -> (Exhibit, Expect) {
    let (from, modulus) = (draw.threshold(), draw.number(3, 128));
    let exhibit = rewritten(from, move |message| {
        let mut padded = message.to_vec();
        padded.resize(message.len().next_multiple_of(modulus), byte);
        padded
    });
    (exhibit, Expect::Message(Rewrite::PadTail { modulus, with }))
}

pub(super) const FAMILIES: &[Family] = &[
    value(
        "tail-dropped",
        "leaves out what is left over from whole blocks",
        "the article, its skeleton loop: whole vectors and no tail",
        |draw| {
            let (from, modulus) = (draw.threshold(), draw.number(3, 128));
            let exhibit = rewritten(from, move |message| {
                message[..message.len() - message.len() % modulus].to_vec()
            });
            (exhibit, Expect::Message(Rewrite::DropTail { modulus }))
        },
    ),
    value(
        "tail-padded-zeros",
        "pads the tail with zeros",
        "the article, its tail handling",
        |draw| padded(draw, 0x00, Padding::Zeros),
    ),
    value(
        "tail-padded-ones",
        "pads the tail with bytes of 0xff",
        "the article, its tail handling, with erased memory for zeros",
        |draw| padded(draw, 0xff, Padding::Ones),
    ),
    value(
        "tail-overlapped",
        "reads the last whole block for the tail, and counts bytes before the tail twice",
        "tails loaded from their end, without taking out what was there",
        |draw| {
            let modulus = draw.number(4, 64);
            let exhibit = rewritten(modulus + 1, move |message| {
                let tail = message.len() % modulus;
                let mut bytes = message[..message.len() - tail].to_vec();
                if tail > 0 {
                    bytes.extend_from_slice(&message[message.len() - modulus..]);
                }
                bytes
            });
            (exhibit, Expect::Message(Rewrite::OverlapTail { modulus }))
        },
    ),
    value(
        "first-bytes-left-out",
        "leaves out the first bytes",
        "pointers that are moved before they are used",
        |draw| {
            let (count, from) = (draw.number(1, 32), draw.threshold());
            let exhibit = rewritten(from, move |message| {
                message.iter().skip(count).copied().collect()
            });
            (exhibit, Expect::Message(Rewrite::DropFirst(count)))
        },
    ),
    value(
        "last-bytes-left-out",
        "leaves out the last bytes",
        "zlib-ng 215 and other loops that end too early",
        |draw| {
            let (count, from) = (draw.number(1, 32), draw.threshold());
            let exhibit = rewritten(from, move |message| {
                message[..message.len().saturating_sub(count)].to_vec()
            });
            (exhibit, Expect::Message(Rewrite::DropLast(count)))
        },
    ),
    value(
        "prologue-skipped",
        "leaves out the bytes before the first aligned address",
        "comdb2 5541, blazingmq 688: prologues that do not do what the loop assumes",
        |draw| {
            let modulus = draw.one(&[4, 8, 16, 32, 64]);
            let exhibit = Exhibit::of(move |checksum, message| {
                let start = message.as_ptr().addr();
                let skipped = start.next_multiple_of(modulus) - start;
                base::update(checksum, &message[skipped.min(message.len())..])
            });
            (exhibit, Expect::Message(Rewrite::DropToAligned { modulus }))
        },
    ),
    value(
        "bytes-appended",
        "reads some zeros behind the message",
        "lengths that are rounded up in a buffer of zeros",
        |draw| {
            let (count, from) = (draw.number(1, 32), draw.threshold());
            let exhibit = rewritten(from, move |message| {
                let mut longer = message.to_vec();
                longer.resize(message.len() + count, 0);
                longer
            });
            let with = Padding::Zeros;
            (exhibit, Expect::Message(Rewrite::Append { count, with }))
        },
    ),
    value(
        "last-bytes-twice",
        "reads the last bytes twice",
        "xxHash 378: a buffer that was consumed and is consumed again",
        |draw| {
            let (bytes, from) = (draw.number(1, 32), draw.number(40, 300));
            let exhibit = rewritten(from, move |message| {
                [message, &message[message.len() - bytes..]].concat()
            });
            (exhibit, Expect::Message(Rewrite::RepeatLast { bytes }))
        },
    ),
    value(
        "words-reversed",
        "reads words with the last byte first",
        "zowens/crc32c 34: the word order of the other kind of machine",
        |draw| {
            let (bytes, from) = (draw.one(&[2, 4, 8, 16]), draw.threshold());
            let exhibit = rewritten(from, move |message| {
                let mut swapped = message.to_vec();
                swapped.chunks_exact_mut(bytes).for_each(<[u8]>::reverse);
                swapped
            });
            (exhibit, Expect::Message(Rewrite::ReverseWords { bytes }))
        },
    ),
    value(
        "halves-swapped",
        "reads the halves of each block in the wrong order",
        "lanes that are joined in the wrong order",
        |draw| {
            let (bytes, from) = (draw.one(&[4, 8, 16, 32, 64, 128]), draw.threshold());
            let exhibit = rewritten(from, move |message| {
                let mut swapped = message.to_vec();
                let halves = swapped.chunks_exact_mut(bytes);
                halves.for_each(|block| block.rotate_left(bytes / 2));
                swapped
            });
            (exhibit, Expect::Message(Rewrite::SwapHalves { bytes }))
        },
    ),
    value(
        "bits-reversed",
        "reads the bits of each byte in the other order",
        "tables of the other bit order, as the article's",
        |draw| {
            let exhibit = rewritten(draw.threshold(), |message| {
                message.iter().map(|byte| byte.reverse_bits()).collect()
            });
            // Always, it is an algorithm whose input is not reflected.
            let not_reflected = Expect::Parameters {
                poly: 0x04c1_1db7,
                refin: false,
                refout: true,
            };
            let reversed = Expect::Message(Rewrite::ReverseBits);
            (exhibit, Expect::AnyOf(vec![not_reflected, reversed]))
        },
    ),
    value(
        "read-backwards",
        "reads the whole message from its end",
        "loops that count down",
        |draw| {
            let exhibit = rewritten(draw.threshold(), |message| {
                message.iter().rev().copied().collect()
            });
            (exhibit, Expect::Message(Rewrite::ReverseAll))
        },
    ),
    value(
        "length-cut",
        "takes the length modulo a power of two",
        "dlang/phobos 2476: a length cast to a shorter type",
        |draw| {
            let bits = draw.one(&[7, 8, 9, 12, 16]);
            let exhibit = Exhibit::of(move |checksum, message| {
                base::update(checksum, &message[..message.len() % (1 << bits)])
            });
            (exhibit, Expect::Message(Rewrite::TruncateLength { bits }))
        },
    ),
    value(
        "length-limited",
        "reads no more than so many bytes",
        "flate2-rs 31: counters that saturate",
        |draw| {
            let bytes = draw.number(16, 600);
            let exhibit = Exhibit::of(move |checksum, message| {
                base::update(checksum, &message[..message.len().min(bytes)])
            });
            (exhibit, Expect::Message(Rewrite::LimitLength { bytes }))
        },
    ),
];
