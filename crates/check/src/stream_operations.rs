//! Sequences of operations on streaming hashers. The model of each hasher is the bytes that it has
//! received.

use arbitrary::{Arbitrary, Unstructured};
use crcheck_platform::rng::SplitMix64;

/// One operation on one of a few hashers.
#[derive(Arbitrary, Clone, Copy, Debug, PartialEq, Eq)]
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

/// The shortest input that decodes to these operations.
pub(crate) fn encode_operations(operations: &[Operation]) -> Vec<u8> {
    operations.iter().flat_map(encode).collect()
}

/// The derived decoder takes 32 bits for the variant, lowest byte first, as a fraction of the
/// number of variants; then a byte for each field.
fn encode(operation: &Operation) -> Vec<u8> {
    let (variant, fields): (u64, &[u8]) = match operation {
        Operation::New(slot) => (0, &[*slot]),
        Operation::Update {
            which,
            seed,
            length,
        } => (1, &[*which, *seed, *length]),
        Operation::Blocks { which, seed, count } => (2, &[*which, *seed, *count]),
        Operation::Clone { from, to } => (3, &[*from, *to]),
        Operation::Reset(slot) => (4, &[*slot]),
        Operation::Combine { into, other } => (5, &[*into, *other]),
        Operation::Finalize(slot) => (6, &[*slot]),
    };
    let fraction = (variant << 32).div_ceil(7) as u32;
    [&fraction.to_le_bytes(), fields].concat()
}

/// Leaves out operations as long as the others are `still` wrong.
pub(crate) fn shrink<T: Clone>(operations: &[T], still: &mut dyn FnMut(&[T]) -> bool) -> Vec<T> {
    let mut operations = operations.to_vec();
    let mut count = operations.len();
    while count > 0 {
        let mut at = 0;
        while at < operations.len() {
            let behind = (at + count).min(operations.len());
            let fewer = [&operations[..at], &operations[behind..]].concat();
            if still(&fewer) {
                operations = fewer;
            } else {
                at = behind;
            }
        }
        count /= 2;
    }
    operations
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_decoded_as_they_were_encoded() {
        for seed in 0..20 {
            let operations = decode_operations(&bytes_of(seed, 250));
            let encoded = encode_operations(&operations);
            assert_eq!(decode_operations(&encoded), operations);
        }
    }

    #[test]
    fn what_is_not_needed_is_left_out() {
        let operations = decode_operations(&bytes_of(1, 250));
        let needed = [operations[3], operations[20], operations[21]];
        let has_all = |some: &[Operation]| needed.iter().all(|one| some.contains(one));
        let mut still = has_all;
        assert_eq!(shrink(&operations, &mut still), needed);
    }
}
