//! Wrong values: at some length, alignment, register or byte.

use crate::crc32;
use crate::right_diagnosis::RightDiagnosis;
use crate::spec::FaultSpec;
use crate::test_kernel::TestKernel;
use crcheck_harness::diagnose::{Outcome, Rewrite};

/// The register after `message`, by words of four bytes.
fn native_words(register: u32, message: &[u8]) -> u32 {
    let (words, tail) = message.as_chunks::<4>();
    let register = words.iter().fold(register, |register, word| {
        let word = register ^ u32::from_ne_bytes(*word);
        crc32::update_register(0, &word.to_le_bytes())
    });
    crc32::update_register(register, tail)
}

pub(super) const FAULTS: &[FaultSpec] = &[
    FaultSpec::fixed(
        "words-in-native-order",
        "loads words in the order of the CPU, which is right on a little-endian one",
        "made for s390x: no little-endian CPU shows it",
        || TestKernel::new(|checksum, message| !native_words(!checksum, message)),
    )
    .needing(|| (!cfg!(target_endian = "big")).then_some("a big-endian CPU"))
    .diagnosed_as(|| RightDiagnosis::Message(Rewrite::ReverseWords { bytes: 4 })),
    FaultSpec::fixed(
        "canary",
        "gives a wrong checksum from 200 bytes on at odd addresses",
        "made for the fuzz target of that name",
        || {
            TestKernel::new(|checksum, message| {
                let is_hit = message.len() >= 200 && !message.as_ptr().addr().is_multiple_of(2);
                crc32::update(checksum, message) ^ u32::from(is_hit)
            })
        },
    )
    .diagnosed_as(|| RightDiagnosis::Outcome(Outcome::Xor(1))),
    FaultSpec::fixed(
        "register-lost-in-prologue",
        "keeps the upper bytes of the register only if the message is aligned to 4",
        "borgbackup/borg 10150: the alignment prologue keeps 1 to 3 bytes of the initial CRC",
        || {
            TestKernel::new(|checksum, message| {
                let misaligned = message.as_ptr().addr() % 4;
                let kept = if misaligned == 0 {
                    u32::MAX
                } else {
                    (1 << (8 * misaligned)) - 1
                };
                !crc32::update_register(!checksum & kept, message)
            })
        },
    )
    .diagnosed_as(|| RightDiagnosis::RegisterMasked {
        kept: vec![0xffff_ffff, 0xff, 0xffff, 0x00ff_ffff],
    }),
    FaultSpec::fixed(
        "register-ignored",
        "starts from the initial register from 64 bytes on, whatever it is given",
        "zlib-ng 1161: a new entry ignored the initial CRC",
        || {
            TestKernel::new(|checksum, message| {
                crc32::update(if message.len() >= 64 { 0 } else { checksum }, message)
            })
        },
    )
    .diagnosed_as(|| RightDiagnosis::Ends {
        xor_in: None,
        xor_out: 0xffff_ffff,
    }),
    FaultSpec::fixed(
        "inverted-twice",
        "inverts the checksum once more from 256 bytes on",
        "awslabs/aws-checksums 88: a sub-function inverts the previous CRC a second time",
        || {
            TestKernel::new(|checksum, message| {
                let is_long = message.len() >= 256;
                crc32::update(if is_long { !checksum } else { checksum }, message)
            })
        },
    )
    .diagnosed_as(|| RightDiagnosis::Ends {
        xor_in: Some(0),
        xor_out: 0xffff_ffff,
    }),
    FaultSpec::fixed(
        "tail-of-thirteen",
        "leaves out the last byte when length % 16 = 13",
        "zlib-ng 215: wrong at one short length only",
        || {
            TestKernel::new(|checksum, message| {
                let dropped = usize::from(message.len() % 16 == 13);
                crc32::update(checksum, &message[..message.len() - dropped])
            })
        },
    )
    .diagnosed_as(|| RightDiagnosis::Message(Rewrite::DropLast(1))),
    FaultSpec::fixed(
        "one-alignment",
        "gives a wrong checksum at one start in 64",
        "zlib-ng 1161: failed at one misalignment",
        || {
            TestKernel::new(|checksum, message| {
                let is_hit = message.len() >= 16 && message.as_ptr().addr() % 64 == 37;
                crc32::update(checksum, message) ^ u32::from(is_hit)
            })
        },
    )
    .diagnosed_as(|| RightDiagnosis::Outcome(Outcome::Xor(1))),
    FaultSpec::fixed(
        "page-end",
        "gives a wrong checksum for short messages that start in the last 16 bytes of a page",
        "short-message code that looks at the address modulo 4096",
        || {
            TestKernel::new(|checksum, message| {
                let is_hit =
                    (1..16).contains(&message.len()) && message.as_ptr().addr() % 4096 > 4080;
                crc32::update(checksum, message) ^ u32::from(is_hit)
            })
        },
    )
    .diagnosed_as(|| RightDiagnosis::Outcome(Outcome::Xor(1))),
    FaultSpec::fixed(
        "one-table-entry",
        "has one bit wrong in one of 4096 table entries",
        "a table copied by hand",
        || {
            let mut rows = Box::new(crc32::table(crc32::IEEE));
            rows[11][0x9c] ^= 0x0004_0000;
            TestKernel::new(move |checksum, message| {
                !crc32::update_by_table(&rows, !checksum, message)
            })
        },
    )
    .diagnosed_as(|| RightDiagnosis::TableEntry {
        rows: 16,
        row: 11,
        index: 0x9c,
    }),
    FaultSpec::fixed(
        "one-block-weight",
        "moves one block of 256 bytes by a wrong power of x from 2048 bytes on",
        "minio/highwayhash 19: wrong constants in one path",
        || {
            TestKernel::new(|checksum, message| {
                if message.len() < 2048 {
                    return crc32::update(checksum, message);
                }
                let (head, tail) = message.split_at(256);
                let first = crc32::update(checksum, head);
                let wrong = crc32::power((tail.len() as u128) * 8 + 1);
                crc32::multiply(wrong, first) ^ crc32::update(0, tail)
            })
        },
    )
    .diagnosed_as(|| RightDiagnosis::Weight(Some(1))),
    FaultSpec::fixed(
        "sixteen-bit-length",
        "takes the length modulo 65536",
        "dlang/phobos 2476: a length cast to a shorter type",
        || {
            TestKernel::new(|checksum, message| {
                crc32::update(checksum, &message[..message.len() % (1 << 16)])
            })
        },
    )
    .diagnosed_as(|| RightDiagnosis::Message(Rewrite::TruncateLength { bits: 16 })),
    FaultSpec::fixed(
        "word-order",
        "reads whole words with the highest byte first",
        "zowens/crc32c 34: the word order of the other kind of machine",
        || {
            TestKernel::new(|checksum, message| {
                let (words, rest) = message.as_chunks::<4>();
                let swapped: Vec<u8> = words
                    .iter()
                    .flat_map(|word| word.iter().rev().copied())
                    .chain(rest.iter().copied())
                    .collect();
                crc32::update(checksum, &swapped)
            })
        },
    )
    .diagnosed_as(|| RightDiagnosis::Message(Rewrite::ReverseWords { bytes: 4 })),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing but the order of bytes is wrong.
    #[test]
    fn words_in_native_order_are_right_on_a_little_endian_cpu() {
        let message = b"123456789";
        let is_right = native_words(!0, message) == crc32::update_register(!0, message);
        assert_eq!(is_right, cfg!(target_endian = "little"));
    }
}
