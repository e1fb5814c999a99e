//! Shortcuts for messages that are nearly zero, which random ones never are.

use super::ANYWHERE;
use crate::base;
use crate::exhibit::{Exhibit, Fault, Necessity};
use crcheck_harness::check::CheckId;
use crcheck_harness::finding::Kind;

/// Shorter messages are not worth a shortcut.
const SHORTCUT_FROM: usize = 16;

/// The bytes that are not zero, with their places; `None` if there are more than two of them.
pub(crate) fn few(message: &[u8]) -> Option<Vec<(usize, u8)>> {
    let bytes = message.iter().copied().enumerate();
    let set: Vec<_> = bytes.filter(|(_, byte)| *byte != 0).take(3).collect();
    (message.len() >= SHORTCUT_FROM && set.len() < 3).then_some(set)
}

/// The checksum of zeros but for these bytes, each moved by its power of x; one that is right, unless
/// `bytes` are not.
pub(crate) fn shortcut(checksum: u32, len_bytes: usize, bytes: &[(usize, u8)]) -> u32 {
    let moved =
        |register: u32, count: usize| base::multiply(base::power(8 * count as u128), register);
    let start = moved(!checksum, len_bytes);
    let sum = bytes.iter().fold(start, |sum, &(place, byte)| {
        sum ^ moved(base::register(0, &[byte]), len_bytes - place - 1)
    });
    !sum
}

/// A kernel that takes the shortcut where it can, and is right.
pub(crate) fn right() -> Exhibit {
    Exhibit::of(|checksum, message| match few(message) {
        Some(bytes) => shortcut(checksum, message.len(), &bytes),
        None => base::update(checksum, message),
    })
}

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "single-bit-shortcut",
        summary: "takes a shortcut for a message of one bit, with the place of the wrong bit",
        source: "known-answer tests of one bit, answered by a table of powers of x",
        caught_by: CheckId::Basis,
        kinds: &[Kind::WrongValue],
        necessity: Necessity::Alone,
        unavailable: ANYWHERE,
        make: || {
            Exhibit::of(|checksum, message| match few(message).as_deref() {
                Some(&[(place, byte)]) if byte.is_power_of_two() => {
                    shortcut(checksum, message.len(), &[(place, byte.reverse_bits())])
                }
                Some(bytes) => shortcut(checksum, message.len(), bytes),
                None => base::update(checksum, message),
            })
        },
    },
    Fault {
        name: "second-byte-lost",
        summary: "takes a shortcut for a message of zeros and one byte, and for one of two bytes as well",
        source: "sparse-file checksums that skip holes",
        caught_by: CheckId::Affine,
        kinds: &[Kind::NotAffine],
        necessity: Necessity::Alone,
        unavailable: ANYWHERE,
        make: || {
            Exhibit::of(|checksum, message| match few(message) {
                Some(bytes) => {
                    let first = bytes.len().min(1);
                    shortcut(checksum, message.len(), &bytes[..first])
                }
                None => base::update(checksum, message),
            })
        },
    },
];
