//! Wrong values: at some length, alignment, register or byte.

use super::ANYWHERE;
use crate::base;
use crate::exhibit::{BY_VALUE, Exhibit, Fault};
use crcheck_harness::check::CheckId;
use crcheck_harness::finding::Kind;

/// The register after `message`, by words of four bytes.
fn native_words(register: u32, message: &[u8]) -> u32 {
    let (words, tail) = message.as_chunks::<4>();
    let register = words.iter().fold(register, |register, word| {
        let word = register ^ u32::from_ne_bytes(*word);
        base::register(0, &word.to_le_bytes())
    });
    base::register(register, tail)
}

/// A fault of values: `agree` meets it in its cell.
const fn value(
    name: &'static str,
    summary: &'static str,
    source: &'static str,
    make: fn() -> Exhibit,
) -> Fault {
    Fault {
        name,
        summary,
        source,
        caught_by: CheckId::Agree,
        kinds: &[Kind::WrongValue],
        necessity: BY_VALUE,
        unavailable: ANYWHERE,
        make,
    }
}

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        unavailable: || (!cfg!(target_endian = "big")).then_some("a big-endian CPU"),
        ..value(
            "words-in-native-order",
            "loads words in the order of the CPU, which is right on a little-endian one",
            "made for s390x: no little-endian CPU shows it",
            || Exhibit::of(|checksum, message| !native_words(!checksum, message)),
        )
    },
    value(
        "canary",
        "gives a wrong checksum from 200 bytes on at odd addresses",
        "made for the fuzz target of that name",
        || {
            Exhibit::of(|checksum, message| {
                let is_hit = message.len() >= 200 && !message.as_ptr().addr().is_multiple_of(2);
                base::update(checksum, message) ^ u32::from(is_hit)
            })
        },
    ),
    value(
        "register-lost-in-prologue",
        "keeps the upper bytes of the register only if the message is aligned to 4",
        "borgbackup/borg 10150: the alignment prologue keeps 1 to 3 bytes of the initial CRC",
        || {
            Exhibit::of(|checksum, message| {
                let misaligned = message.as_ptr().addr() % 4;
                let kept = if misaligned == 0 {
                    u32::MAX
                } else {
                    (1 << (8 * misaligned)) - 1
                };
                !base::register(!checksum & kept, message)
            })
        },
    ),
    value(
        "register-ignored",
        "starts from the initial register from 64 bytes on, whatever it is given",
        "zlib-ng 1161: a new entry ignored the initial CRC",
        || {
            Exhibit::of(|checksum, message| {
                base::update(if message.len() >= 64 { 0 } else { checksum }, message)
            })
        },
    ),
    value(
        "inverted-twice",
        "inverts the checksum once more from 256 bytes on",
        "awslabs/aws-checksums 88: a sub-function inverts the previous CRC a second time",
        || {
            Exhibit::of(|checksum, message| {
                let is_long = message.len() >= 256;
                base::update(if is_long { !checksum } else { checksum }, message)
            })
        },
    ),
    value(
        "tail-of-thirteen",
        "leaves out the last byte when length % 16 = 13",
        "zlib-ng 215: wrong at one short length only",
        || {
            Exhibit::of(|checksum, message| {
                let dropped = usize::from(message.len() % 16 == 13);
                base::update(checksum, &message[..message.len() - dropped])
            })
        },
    ),
    value(
        "one-alignment",
        "gives a wrong checksum at one start in 64",
        "zlib-ng 1161: failed at one misalignment",
        || {
            Exhibit::of(|checksum, message| {
                let is_hit = message.len() >= 16 && message.as_ptr().addr() % 64 == 37;
                base::update(checksum, message) ^ u32::from(is_hit)
            })
        },
    ),
    value(
        "page-end",
        "gives a wrong checksum for short messages that start in the last 16 bytes of a page",
        "short-message code that looks at the address modulo 4096",
        || {
            Exhibit::of(|checksum, message| {
                let is_hit =
                    (1..16).contains(&message.len()) && message.as_ptr().addr() % 4096 > 4080;
                base::update(checksum, message) ^ u32::from(is_hit)
            })
        },
    ),
    value(
        "one-table-entry",
        "has one bit wrong in one of 4096 table entries",
        "a table copied by hand",
        || {
            let mut rows = Box::new(base::rows(base::IEEE));
            rows[11][0x9c] ^= 0x0004_0000;
            Exhibit::of(move |checksum, message| !base::by_rows(&rows, !checksum, message))
        },
    ),
    value(
        "one-block-weight",
        "moves one block of 256 bytes by a wrong power of x from 2048 bytes on",
        "minio/highwayhash 19: wrong constants in one path",
        || {
            Exhibit::of(|checksum, message| {
                if message.len() < 2048 {
                    return base::update(checksum, message);
                }
                let (head, tail) = message.split_at(256);
                let first = base::update(checksum, head);
                let wrong = base::power((tail.len() as u128) * 8 + 1);
                base::multiply(wrong, first) ^ base::update(0, tail)
            })
        },
    ),
    value(
        "sixteen-bit-length",
        "takes the length modulo 65536",
        "dlang/phobos 2476: a length cast to a shorter type",
        || {
            Exhibit::of(|checksum, message| {
                base::update(checksum, &message[..message.len() % (1 << 16)])
            })
        },
    ),
    value(
        "word-order",
        "reads whole words with the highest byte first",
        "zowens/crc32c 34: the word order of the other kind of machine",
        || {
            Exhibit::of(|checksum, message| {
                let (words, rest) = message.as_chunks::<4>();
                let swapped: Vec<u8> = words
                    .iter()
                    .flat_map(|word| word.iter().rev().copied())
                    .chain(rest.iter().copied())
                    .collect();
                base::update(checksum, &swapped)
            })
        },
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing but the order of bytes is wrong.
    #[test]
    fn words_in_native_order_are_right_on_a_little_endian_cpu() {
        let message = b"123456789";
        let is_right = native_words(!0, message) == base::register(!0, message);
        assert_eq!(is_right, cfg!(target_endian = "little"));
    }
}
