//! Kernels that read parts of the message in a wrong order, or one byte of each word.

use super::rewrite_from;
use crate::draw::Draw;
use crate::right_diagnosis::RightDiagnosis;
use crate::spec::FaultSpec;
use crate::test_kernel::TestKernel;
use crcheck_harness::diagnose::{ChangedMessage, Effect, Others, ReorderedMessage};

/// From `from` bytes on, reads what `rewrite` makes of the message.
fn reorder(
    from: usize,
    order: ReorderedMessage,
    rewrite: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static,
) -> (TestKernel, RightDiagnosis) {
    let diagnosis = RightDiagnosis::from_length(Effect::Reordered(order), from);
    (rewrite_from(from, rewrite), diagnosis)
}

/// The message in whole blocks, and the tail.
fn split_tail(message: &[u8], block: usize) -> (&[u8], &[u8]) {
    message.split_at(message.len() - message.len() % block)
}

/// The whole words from the last to the first, and then what is left over.
fn backwards(bytes: &[u8], word: usize) -> Vec<u8> {
    let words = bytes.chunks_exact(word);
    let rest = words.remainder();
    words.rev().flatten().chain(rest).copied().collect()
}

/// A size of words, and one of blocks of some words.
fn draw_words(draw: &mut Draw) -> (usize, usize) {
    let word = draw.one(&[2, 4, 8, 16]);
    (word, word * draw.number(3, 256 / word))
}

/// Reads one byte of each word. The others count as zeros, or not at all.
fn keep_byte(draw: &mut Draw, others: Others) -> (TestKernel, RightDiagnosis) {
    let bytes = draw.number(2, 16);
    let (index, from) = (draw.number(0, bytes - 1), draw.number(bytes, 400));
    let kernel = rewrite_from(from, move |message| {
        let (whole, tail) = split_tail(message, bytes);
        let mut read = Vec::new();
        for word in whole.chunks(bytes) {
            match others {
                Others::Zeros => read.extend((0..bytes).map(|at| match at == index {
                    true => word[at],
                    false => 0,
                })),
                Others::Skipped => read.push(word[index]),
            }
        }
        read.extend_from_slice(tail);
        read
    });
    let effect = Effect::Message(ChangedMessage::KeepByte {
        bytes,
        index,
        others,
    });
    (kernel, RightDiagnosis::from_length(effect, from))
}

pub(super) const FAULTS: &[FaultSpec] = &[
    FaultSpec::drawn(
        "remainder-backwards",
        "reads what is left over from whole blocks from its last byte to its first",
        "X16Community/x16-rom 381: a loop over the rest that counts down",
        |draw| {
            let block = draw.number(3, 256);
            let from = block * draw.number(1, 4) + 2;
            let order = ReorderedMessage::TailBackwards { block };
            reorder(from, order, move |message| {
                let (whole, tail) = split_tail(message, block);
                whole.iter().chain(tail.iter().rev()).copied().collect()
            })
        },
    ),
    FaultSpec::drawn(
        "remainder-words-backwards",
        "reads the words that are left over from whole blocks from the last to the first",
        "X16Community/x16-rom 381, in a kernel by words",
        |draw| {
            let (word, block) = draw_words(draw);
            let from = block * draw.number(1, 3) + 2 * word;
            let order = ReorderedMessage::TailWordsBackwards { block, word };
            reorder(from, order, move |message| {
                let (whole, tail) = split_tail(message, block);
                [whole, &backwards(tail, word)].concat()
            })
        },
    ),
    FaultSpec::drawn(
        "words-backwards",
        "reads the words of each whole block from the last to the first",
        "vectors whose elements are set in the order of their arguments",
        |draw| {
            let (word, block) = draw_words(draw);
            let from = block + draw.number(1, 300);
            let order = ReorderedMessage::WordsBackwards { block, word };
            reorder(from, order, move |message| {
                let (whole, tail) = split_tail(message, block);
                let blocks = whole.chunks(block).map(|block| backwards(block, word));
                blocks.flatten().chain(tail.iter().copied()).collect()
            })
        },
    ),
    FaultSpec::drawn(
        "blocks-backwards",
        "reads the whole blocks from the last to the first, and then the tail",
        "loops over blocks that count down",
        |draw| {
            let block = draw.number(2, 256);
            let from = 2 * block + draw.number(1, 300);
            let order = ReorderedMessage::BlocksBackwards { block };
            reorder(from, order, move |message| backwards(message, block))
        },
    ),
    FaultSpec::drawn(
        "blocks-from-the-end",
        "reads blocks from the end of the message, and last what is left at its start",
        "loops over blocks that count down from the length",
        |draw| {
            let block = draw.number(2, 256);
            let from = block + draw.number(1, 300);
            let order = ReorderedMessage::FromEnd { block };
            reorder(from, order, move |message| {
                let (first, rest) = message.split_at(message.len() % block);
                [&backwards(rest, block), first].concat()
            })
        },
    ),
    FaultSpec::drawn(
        "one-byte-of-each-word",
        "reads one byte of each word, and the others as zeros",
        "a word that is cut to a byte before it is used",
        |draw| keep_byte(draw, Others::Zeros),
    ),
    FaultSpec::drawn(
        "other-bytes-skipped",
        "reads one byte of each word, and skips the others",
        "a pointer to words that is read as one to bytes",
        |draw| keep_byte(draw, Others::Skipped),
    ),
];
