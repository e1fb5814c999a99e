//! Words that are put together from bytes with a sign: the sign fills the bits of other bytes.
//!
//! In C a `char` may be signed, and `byte << 24` is an `int`. Both become negative from 0x80 on.
//! In a wider word all bits above such a byte are set.

use crate::algebra::extend_sign;
use crate::call::Call;
use crate::hypothesis::Hypothesis;
use crate::reference::Reference;
use std::fmt;

/// A word that is put together from bytes, some of which have a sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedWord {
    /// The bytes of a word.
    pub bytes: usize,
    /// Whether the first byte has the highest place.
    pub is_big_endian: bool,
    /// The place of the only byte that has a sign, from the lowest; `None` if all have.
    pub place: Option<usize>,
    pub join: Join,
}

/// How bytes become a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    Or,
    Xor,
    Sum,
}

/// Sizes of words, with the place of the byte that has a sign.
const SHAPES: [(usize, Option<usize>); 4] = [(2, None), (4, None), (8, None), (8, Some(3))];

pub(crate) fn candidates() -> impl Iterator<Item = SignedWord> {
    let orders = [false, true];
    let shapes = SHAPES
        .into_iter()
        .flat_map(move |shape| orders.map(|order| (shape, order)));
    shapes.flat_map(|((bytes, place), is_big_endian)| {
        [Join::Or, Join::Xor, Join::Sum].map(|join| SignedWord {
            bytes,
            is_big_endian,
            place,
            join,
        })
    })
}

impl SignedWord {
    /// Puts a word together, and takes it apart again.
    fn misread(&self, word: &mut [u8]) {
        if self.is_big_endian {
            word.reverse();
        }
        let joined = word
            .iter()
            .enumerate()
            .fold(0_u64, |joined, (place, &byte)| {
                let has_sign = self.place.is_none_or(|its| its == place);
                let from = if has_sign { 8 } else { u64::BITS };
                let part = extend_sign(byte.into(), from) << (8 * place);
                match self.join {
                    Join::Or => joined | part,
                    Join::Xor => joined ^ part,
                    Join::Sum => joined.wrapping_add(part),
                }
            });
        word.copy_from_slice(&joined.to_le_bytes()[..self.bytes]);
        if self.is_big_endian {
            word.reverse();
        }
    }
}

impl Hypothesis for SignedWord {
    fn predict(&self, reference: &Reference, call: &Call, _expected: u64) -> u64 {
        let mut message = call.message.clone();
        for word in message.chunks_exact_mut(self.bytes) {
            self.misread(word);
        }
        reference.update(call.checksum, &message)
    }
}

impl fmt::Display for SignedWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let byte = match self.place {
            None => "a byte of 0x80 or more".to_owned(),
            Some(place) => {
                let index = if self.is_big_endian {
                    self.bytes - 1 - place
                } else {
                    place
                };
                format!("byte {index}, if it is 0x80 or more,")
            }
        };
        let side = if self.is_big_endian {
            "before"
        } else {
            "after"
        };
        let does = match self.join {
            Join::Or => "sets",
            Join::Xor => "flips",
            Join::Sum => "takes 1 from",
        };
        write!(
            f,
            "reads words of {} bytes from bytes with a sign: {byte} {does} all bytes {side} it in \
             its word",
            self.bytes
        )
    }
}
