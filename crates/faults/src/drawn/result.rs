//! Kernels that change the result under a condition.

use crate::crc32;
use crate::draw::Draw;
use crate::right_diagnosis::RightDiagnosis;
use crate::spec::FaultSpec;
use crate::test_kernel::TestKernel;
use crcheck_harness::check::CheckId;
use crcheck_harness::diagnose::Outcome;
use crcheck_harness::finding::Kind;

/// Makes `change` of the right result if `is_hit` says so, of the checksum before and the message.
fn change_if(
    is_hit: impl Fn(u32, &[u8]) -> bool + Send + Sync + 'static,
    change: impl Fn(u32) -> u32 + Send + Sync + 'static,
) -> TestKernel {
    TestKernel::new(move |checksum, message| {
        let right = crc32::update(checksum, message);
        if is_hit(checksum, message) {
            change(right)
        } else {
            right
        }
    })
}

fn xor_if(
    draw: &mut Draw,
    is_hit: impl Fn(u32, &[u8]) -> bool + Send + Sync + 'static,
) -> (TestKernel, RightDiagnosis) {
    // Never all ones: a missing XOR at the end is another fault.
    let word = draw.word() & 0x7fff_fffe | 2;
    let diagnosis = RightDiagnosis::Outcome(Outcome::Xor(word.into()));
    (change_if(is_hit, move |right| right ^ word), diagnosis)
}

pub(super) const FAULTS: &[FaultSpec] = &[
    FaultSpec::drawn(
        "result-swapped",
        "gives its result in the byte order of the other kind of machine",
        "zowens/crc32c 34, leveldb 91: big-endian word order",
        |draw| {
            let from = draw.threshold();
            let kernel = change_if(move |_, message| message.len() >= from, u32::swap_bytes);
            (kernel, RightDiagnosis::Outcome(Outcome::BytesReversed))
        },
    ),
    FaultSpec::drawn(
        "result-reversed",
        "gives its result with the bits in reverse order",
        "reflections that were done once too often",
        |draw| {
            let from = draw.threshold();
            let kernel = change_if(move |_, message| message.len() >= from, u32::reverse_bits);
            (kernel, RightDiagnosis::Outcome(Outcome::BitsReversed))
        },
    ),
    FaultSpec::drawn(
        "result-cut",
        "gives some bits of its result only",
        "mattsta/crcspeed 3: a result of 16 bits taken for one of 32",
        |draw| {
            let from = draw.threshold();
            let kept = (1_u32 << draw.number(4, 31)) - 1;
            let kernel = change_if(
                move |_, message| message.len() >= from,
                move |right| right & kept,
            );
            (
                kernel,
                RightDiagnosis::Outcome(Outcome::Masked(kept.into())),
            )
        },
    ),
    FaultSpec::drawn(
        "result-rotated",
        "gives its result rotated",
        "results that were taken from the wrong lanes",
        |draw| {
            let (from, by) = (draw.threshold(), draw.number(1, 31) as u32);
            let rotate = move |right: u32| right.rotate_left(by);
            let kernel = change_if(move |_, message| message.len() >= from, rotate);
            (kernel, RightDiagnosis::Outcome(Outcome::Rotated(by)))
        },
    ),
    FaultSpec::drawn(
        "result-bits-set",
        "gives its result with some bits set",
        "results that share a word with flags",
        |draw| {
            let from = draw.threshold();
            let set = 1 << draw.number(0, 31) | 1 << draw.number(0, 31);
            let is_hit = move |_, message: &[u8]| message.len() >= from;
            let kernel = change_if(is_hit, move |right| right | set);
            (kernel, RightDiagnosis::Outcome(Outcome::Set(set.into())))
        },
    ),
    FaultSpec::drawn(
        "result-constant",
        "gives the same result for every message that is long enough",
        "OSRM 1140: a stub",
        |draw| {
            let (from, word) = (draw.threshold(), draw.word());
            let is_hit = move |_, message: &[u8]| message.len() >= from;
            let kernel = change_if(is_hit, move |_| word);
            (
                kernel,
                RightDiagnosis::Outcome(Outcome::Constant(word.into())),
            )
        },
    ),
    FaultSpec::drawn(
        "result-of-one-cell",
        "gives a wrong result for one length at one alignment",
        "zlib-ng 1161: failed at one misalignment; klauspost/compress 20: at some lengths",
        |draw| {
            let (length, start) = (draw.number(300, 600), draw.number(1, 63));
            xor_if(draw, move |_, message| {
                message.len() == length && message.as_ptr().addr() % 64 == start
            })
        },
    )
    .caught_by(
        CheckId::Agree,
        &[Kind::WrongValue],
        "another check may meet the cell by chance",
    ),
    FaultSpec::drawn(
        "result-to",
        "gives a wrong result for messages that are short enough",
        "short-message code, which is written by itself",
        |draw| {
            let to = draw.number(4, 64);
            xor_if(draw, move |_, message| (1..=to).contains(&message.len()))
        },
    ),
    FaultSpec::drawn(
        "result-of-register-ones",
        "gives a wrong result when it starts from a register of which all bits are set",
        "alexgorbatchev/crc 70: a running value of the start taken for none",
        |draw| {
            let from = draw.number(1, 100);
            xor_if(draw, move |checksum, message| {
                checksum == 0 && message.len() >= from
            })
        },
    ),
    FaultSpec::drawn(
        "result-by-first-byte",
        "gives a wrong result when the first byte has one value",
        "made for the data value: code that takes a byte for a marker",
        |draw| {
            let value = draw.number(1, 255) as u8;
            xor_if(draw, move |_, message| message.first() == Some(&value))
        },
    ),
    FaultSpec::drawn(
        "result-by-length",
        "gives a wrong result for lengths of one residue",
        "klauspost/compress 20: wrong when len & 7 == 7",
        |draw| {
            let modulus = draw.one(&[2, 4, 8, 16, 32, 64]);
            let (residue, from) = (draw.number(0, modulus - 1), draw.threshold());
            let is_hit = move |length: usize| length >= from && length % modulus == residue;
            xor_if(draw, move |_, message| is_hit(message.len()))
        },
    ),
    FaultSpec::drawn(
        "result-by-start",
        "gives a wrong result at some starts",
        "golang/go 16779, zlib-ng 1161: wrong at one misalignment",
        |draw| {
            let modulus = draw.one(&[2, 4, 8, 16, 32, 64]);
            let (residue, from) = (draw.number(0, modulus - 1), draw.number(0, 300));
            let is_hit = move |message: &[u8]| {
                message.len() >= from && message.as_ptr().addr() % modulus == residue
            };
            xor_if(draw, move |_, message| is_hit(message))
        },
    ),
    FaultSpec::drawn(
        "result-by-end",
        "gives a wrong result where the message ends at some addresses",
        "zlib-ng 462: a tail loaded as if it were aligned",
        |draw| {
            let modulus = draw.one(&[2, 4, 8, 16, 32, 64]);
            let (residue, from) = (draw.number(0, modulus - 1), draw.number(0, 300));
            let is_hit = move |message: &[u8]| {
                let end = message.as_ptr().addr() + message.len();
                message.len() >= from && end % modulus == residue
            };
            xor_if(draw, move |_, message| is_hit(message))
        },
    ),
    FaultSpec::drawn(
        "result-between",
        "gives a wrong result between two lengths",
        "paths for middle lengths that few tests reach",
        |draw| {
            let from = draw.number(8, 400);
            let to = from + draw.number(8, 200);
            xor_if(draw, move |_, message| (from..=to).contains(&message.len()))
        },
    ),
    FaultSpec::drawn(
        "result-at-page-end",
        "gives a wrong result for short messages at the end of a page",
        "short-message code that looks at the address modulo 4096",
        |draw| {
            let (room, length) = (draw.number(8, 32), draw.number(8, 64));
            let is_hit = move |message: &[u8]| {
                (1..length).contains(&message.len()) && message.as_ptr().addr() % 4096 > 4096 - room
            };
            xor_if(draw, move |_, message| is_hit(message))
        },
    ),
    FaultSpec::drawn(
        "result-of-register-zero",
        "gives a wrong result when it starts from a register of 0",
        "alexgorbatchev/crc 66: a running value of 0 taken for none",
        |draw| {
            let from = draw.number(0, 100);
            xor_if(draw, move |checksum, message| {
                checksum == u32::MAX && message.len() >= from
            })
        },
    ),
    FaultSpec::drawn(
        "result-by-last-byte",
        "gives a wrong result when the last byte has one value",
        "made for the data value: code that takes a byte for a marker",
        |draw| {
            let value = draw.number(1, 255) as u8;
            xor_if(draw, move |_, message| message.last() == Some(&value))
        },
    ),
];
