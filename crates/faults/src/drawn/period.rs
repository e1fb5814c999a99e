//! Kernels that are wrong at lengths that recur with a period which is no power of two.

use crate::crc32;
use crate::draw::Draw;
use crate::right_diagnosis::RightDiagnosis;
use crate::spec::FaultSpec;
use crate::test_kernel::TestKernel;
use crcheck_harness::diagnose::{ChangedMessage, ChangedResult, Condition, Effect, Quantity};
use std::collections::BTreeSet;

/// Lengths with some residues, from one of them on.
struct Lengths {
    modulus: usize,
    residues: BTreeSet<usize>,
    from: usize,
}

impl Lengths {
    /// The multiples of some number.
    fn multiples(draw: &mut Draw) -> Self {
        let modulus = draw.number(3, 256);
        Self {
            modulus,
            residues: BTreeSet::from([0]),
            from: modulus * draw.number(1, 6),
        }
    }

    /// Those with one residue or two, and not only multiples.
    fn residues(draw: &mut Draw) -> Self {
        let modulus = draw.one(&[5, 7, 9, 12, 13, 24, 33, 48, 57, 100]);
        let first = draw.number(1, modulus - 4);
        let more = draw.one(&[&[0][..], &[0, 1], &[0, 2]]);
        Self {
            modulus,
            residues: more.iter().map(|by| first + by).collect(),
            from: modulus * draw.number(2, 5) + first,
        }
    }

    fn have(&self, length: usize) -> bool {
        length >= self.from && self.residues.contains(&(length % self.modulus))
    }

    fn conditions(&self) -> Vec<Condition> {
        let residue = Condition::Residue {
            of: Quantity::Length,
            modulus: self.modulus,
            residues: self.residues.clone(),
        };
        vec![residue, Condition::LengthFrom(self.from)]
    }
}

/// Leaves out the last bytes of messages of these lengths.
fn drop_last(lengths: Lengths, dropped: usize) -> (TestKernel, RightDiagnosis) {
    let effect = Effect::Message(ChangedMessage::DropLast(dropped));
    let diagnosis = RightDiagnosis::when(effect, lengths.conditions());
    let kernel = TestKernel::new(move |checksum, message| {
        let length = message.len();
        let dropped = if lengths.have(length) { dropped } else { 0 };
        crc32::update(checksum, &message[..length - dropped])
    });
    (kernel, diagnosis)
}

/// Has a bit of the result wrong at these lengths.
fn flip_bit(lengths: Lengths, bit: usize) -> (TestKernel, RightDiagnosis) {
    let word = 1_u32 << bit;
    let effect = Effect::Result(ChangedResult::Xor(word.into()));
    let diagnosis = RightDiagnosis::when(effect, lengths.conditions());
    let kernel = TestKernel::new(move |checksum, message| {
        let right = crc32::update(checksum, message);
        right ^ if lengths.have(message.len()) { word } else { 0 }
    });
    (kernel, diagnosis)
}

pub(super) const FAULTS: &[FaultSpec] = &[
    FaultSpec::drawn(
        "last-byte-lost-at-multiples",
        "leaves out the last byte at every multiple of some number",
        "loops that end one step too early if no tail is left",
        |draw| drop_last(Lengths::multiples(draw), 1),
    ),
    FaultSpec::drawn(
        "block-lost-at-multiples",
        "leaves out the last block if the length is a multiple of a block",
        "loops that ask for more than a block where a block is enough",
        |draw| {
            let lengths = Lengths::multiples(draw);
            let block = lengths.modulus;
            drop_last(lengths, block)
        },
    ),
    FaultSpec::drawn(
        "bit-wrong-at-multiples",
        "has a bit of the result wrong at every multiple of some number",
        "a block that is finished twice if no tail follows",
        |draw| {
            let bit = draw.number(0, 31);
            flip_bit(Lengths::multiples(draw), bit)
        },
    ),
    FaultSpec::drawn(
        "bit-wrong-at-residues",
        "has a bit of the result wrong at lengths that leave certain residues",
        "FirebirdSQL/firebird 38: one kind of tail has a path of its own",
        |draw| {
            let bit = draw.number(0, 31);
            flip_bit(Lengths::residues(draw), bit)
        },
    ),
];
