//! A message whose words, blocks or tail are read in reverse order.

use crate::call::Call;
use crate::experiment::Experiment;
use crate::hypothesis::{Hypothesis, likely_first, plausible};
use crate::reference::Reference;
use std::fmt;

/// The order in which the subject reads the message. All sizes are in bytes. The tail is what is
/// left over from whole blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReorderedMessage {
    /// The tail from its last byte to its first.
    TailBackwards { block: usize },
    /// The whole words of the tail from the last to the first, each in its own right order.
    TailWordsBackwards { block: usize, word: usize },
    /// The words of each whole block from the last to the first, each in its own right order.
    WordsBackwards { block: usize, word: usize },
    /// The whole blocks from the last to the first, then the tail.
    BlocksBackwards { block: usize },
    /// Blocks from the end of the message to its start, then what is left there.
    FromEnd { block: usize },
}

const BLOCK_BYTES_MAX: usize = 256;

/// Blocks beyond those of each size.
const LARGE_BLOCKS: [usize; 4] = [512, 1024, 2048, 4096];

const WORDS: [usize; 4] = [2, 4, 8, 16];

pub(crate) fn candidates(experiment: &mut Experiment<'_>) -> Vec<ReorderedMessage> {
    let blocks = || likely_first(2..=BLOCK_BYTES_MAX).chain(LARGE_BLOCKS);
    let whole = blocks().flat_map(|block| {
        [
            ReorderedMessage::TailBackwards { block },
            ReorderedMessage::BlocksBackwards { block },
            ReorderedMessage::FromEnd { block },
        ]
    });
    let words = WORDS.into_iter().flat_map(|word| {
        let blocks = blocks().filter(move |block| block.is_multiple_of(word) && *block > word);
        blocks.flat_map(move |block| {
            [
                ReorderedMessage::WordsBackwards { block, word },
                ReorderedMessage::TailWordsBackwards { block, word },
            ]
        })
    });
    plausible(experiment, whole.chain(words))
}

/// Puts whole words in reverse order. The bytes of each keep theirs, and what is left over stays.
fn reverse_words(bytes: &mut [u8], word: usize) {
    let whole = bytes.len() - bytes.len() % word;
    let bytes = &mut bytes[..whole];
    bytes.reverse();
    bytes.chunks_exact_mut(word).for_each(<[u8]>::reverse);
}

impl ReorderedMessage {
    fn reorder(&self, bytes: &mut [u8]) {
        let tail = |block: usize| bytes.len() - bytes.len() % block;
        match *self {
            Self::TailBackwards { block } => {
                let tail = tail(block);
                bytes[tail..].reverse();
            }
            Self::TailWordsBackwards { block, word } => {
                let tail = tail(block);
                reverse_words(&mut bytes[tail..], word);
            }
            Self::WordsBackwards { block, word } => {
                let blocks = bytes.chunks_exact_mut(block);
                blocks.for_each(|block| reverse_words(block, word));
            }
            Self::BlocksBackwards { block } => reverse_words(bytes, block),
            Self::FromEnd { block } => {
                let first = bytes.len() % block;
                bytes.rotate_left(first);
                reverse_words(bytes, block);
            }
        }
    }
}

impl Hypothesis for ReorderedMessage {
    fn predict(&self, reference: &Reference, call: &Call, _expected: u64) -> u64 {
        let mut bytes = call.message.clone();
        self.reorder(&mut bytes);
        reference.update(call.checksum, &bytes)
    }
}

impl fmt::Display for ReorderedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TailBackwards { block } => write!(
                f,
                "reads the last length % {block} bytes from the last to the first"
            ),
            Self::TailWordsBackwards { block, word } => write!(
                f,
                "reads the words of {word} bytes in the last length % {block} bytes from the last \
                 to the first"
            ),
            Self::WordsBackwards { block, word } => write!(
                f,
                "reads the words of {word} bytes in each whole {block} bytes from the last to the \
                 first"
            ),
            Self::BlocksBackwards { block } => write!(
                f,
                "reads the whole blocks of {block} bytes from the last to the first"
            ),
            Self::FromEnd { block } => write!(
                f,
                "reads blocks of {block} bytes from the end of the message to its start, and then \
                 the first length % {block} bytes"
            ),
        }
    }
}
