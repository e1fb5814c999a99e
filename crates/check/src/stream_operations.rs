//! Sequences of operations on streaming hashers. The model of each hasher is the bytes that it has
//! received.

use arbitrary::{Arbitrary, Unstructured};
use crcheck_platform::rng::SplitMix64;

/// One operation on one of a few hashers.
#[derive(Arbitrary, Debug)]
pub(crate) enum Operation {
    New(u8),
    /// An update of `length` bytes that are made from `seed`.
    Update {
        which: u8,
        seed: u8,
        length: u8,
    },
    /// An update of whole blocks, at whose edges buffers are full.
    Blocks {
        which: u8,
        seed: u8,
        count: u8,
    },
    Clone {
        from: u8,
        to: u8,
    },
    Reset(u8),
    Combine {
        into: u8,
        other: u8,
    },
    Finalize(u8),
}

/// The most operations of one input.
const OPERATIONS_MAX: usize = 256;

/// Decodes an input into operations, until it has no more bytes.
pub(crate) fn decode_operations(input: &[u8]) -> Vec<Operation> {
    let mut input = Unstructured::new(input);
    let next = || {
        let operation = (!input.is_empty()).then(|| Operation::arbitrary(&mut input));
        operation.and_then(Result::ok)
    };
    std::iter::from_fn(next).take(OPERATIONS_MAX).collect()
}

/// The size of a block in bytes.
pub(crate) const BLOCK_BYTES: usize = 16;

/// How many hashers there are at a time.
pub(crate) const SLOTS: usize = 4;

/// The bytes of an update.
pub(crate) fn bytes_of(seed: u8, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    SplitMix64::new(u64::from(seed)).fill(&mut bytes);
    bytes
}
