//! Shortcuts for messages that are nearly zero, with one mistake each: random messages never take them.

use super::{Family, alone};
use crate::base;
use crate::exhibit::Exhibit;
use crate::expect::Expect;
use crate::fault::{few, shortcut};
use crcheck_harness::check::CheckId;
use crcheck_harness::finding::Kind;

pub(super) const FAMILIES: &[Family] = &[
    alone(
        "shortcut-bit",
        "takes a shortcut for a message of one bit, and has one bit of a byte wrong",
        "known-answer tests of one bit, answered by a table of powers of x",
        (CheckId::Basis, &[Kind::WrongValue]),
        |draw| {
            let (wrong, instead) = (draw.number(0, 7), draw.number(1, 7));
            let instead = 1_u8 << ((wrong + instead) % 8);
            let exhibit = Exhibit::of(move |checksum, message| {
                let bytes = few(message);
                match bytes.as_deref() {
                    Some(&[(place, byte)]) if byte == 1 << wrong => {
                        shortcut(checksum, message.len(), &[(place, instead)])
                    }
                    Some(bytes) => shortcut(checksum, message.len(), bytes),
                    None => base::update(checksum, message),
                }
            });
            (exhibit, Expect::Unexplained)
        },
    ),
    alone(
        "shortcut-byte",
        "takes a shortcut for a message of zeros and two bytes, and loses one of the two",
        "sparse-file checksums that skip holes",
        (CheckId::Affine, &[Kind::NotAffine]),
        |draw| {
            let lost = draw.number(0, 1);
            let exhibit = Exhibit::of(move |checksum, message| match few(message) {
                Some(mut bytes) => {
                    if bytes.len() == 2 {
                        bytes.remove(lost);
                    }
                    shortcut(checksum, message.len(), &bytes)
                }
                None => base::update(checksum, message),
            });
            (exhibit, Expect::Observed)
        },
    ),
];
