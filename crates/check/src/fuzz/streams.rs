//! Sequences of operations on streaming hashers. The model of each hasher is the bytes that it has
//! received.

use arbitrary::{Arbitrary, Unstructured};
use crcheck_oracle::panel::Panel;
use crcheck_platform::rng::SplitMix64;
use crcheck_subject::{Stream, Subject};

/// One operation on one of a few hashers.
#[derive(Arbitrary, Debug)]
pub(super) enum Operation {
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
pub(super) fn decode_operations(input: &[u8]) -> Vec<Operation> {
    let mut input = Unstructured::new(input);
    let next = || {
        let operation = (!input.is_empty()).then(|| Operation::arbitrary(&mut input));
        operation.and_then(Result::ok)
    };
    std::iter::from_fn(next).take(OPERATIONS_MAX).collect()
}

/// The size of a block in bytes.
const BLOCK_BYTES: usize = 16;

/// How many hashers there are at a time.
const SLOTS: usize = 4;

/// Streams, each with the bytes that it has received.
pub(super) struct Streams<'a> {
    subject: &'a dyn Subject,
    panel: &'a Panel,
    slots: Vec<(Box<dyn Stream>, Vec<u8>)>,
}

/// The most bytes that a stream receives.
const STREAM_BYTES_MAX: usize = 1 << 16;

impl<'a> Streams<'a> {
    /// Carries out `operations`, and judges every stream at the end.
    pub(super) fn run(
        subject: &'a dyn Subject,
        panel: &'a Panel,
        operations: &[Operation],
    ) -> Result<(), String> {
        let fresh = panel.model().initial_checksum();
        let new = || Some((subject.stream(fresh)?, Vec::new()));
        let Some(slots) = (0..SLOTS).map(|_| new()).collect() else {
            return Ok(());
        };
        let mut streams = Self {
            subject,
            panel,
            slots,
        };
        operations
            .iter()
            .try_for_each(|operation| streams.apply(operation))?;
        (0..SLOTS).try_for_each(|slot| streams.judge(slot))
    }

    fn apply(&mut self, operation: &Operation) -> Result<(), String> {
        let at = |slot: &u8| usize::from(*slot) % SLOTS;
        match operation {
            Operation::New(slot) => {
                let fresh = self.panel.model().initial_checksum();
                if let Some(stream) = self.subject.stream(fresh) {
                    self.slots[at(slot)] = (stream, Vec::new());
                }
            }
            Operation::Update {
                which,
                seed,
                length,
            } => self.update(at(which), *seed, usize::from(*length)),
            Operation::Blocks { which, seed, count } => {
                self.update(at(which), *seed, usize::from(*count % 8) * BLOCK_BYTES);
            }
            Operation::Clone { from, to } => {
                let (stream, given) = &self.slots[at(from)];
                self.slots[at(to)] = (stream.fork(), given.clone());
            }
            Operation::Reset(slot) => {
                let (stream, given) = &mut self.slots[at(slot)];
                stream.reset();
                given.clear();
            }
            Operation::Combine { into, other } => self.combine(at(into), at(other)),
            Operation::Finalize(slot) => return self.judge(at(slot)),
        }
        Ok(())
    }

    fn update(&mut self, slot: usize, seed: u8, length: usize) {
        let mut message = vec![0; length];
        SplitMix64::new(u64::from(seed)).fill(&mut message);
        let (stream, given) = &mut self.slots[slot];
        if given.len() + message.len() <= STREAM_BYTES_MAX {
            stream.update(&message);
            given.extend_from_slice(&message);
        }
    }

    fn combine(&mut self, into: usize, other: usize) {
        let (stream, given) = &self.slots[other];
        let (stream, given) = (stream.fork(), given.clone());
        let (target, sum) = &mut self.slots[into];
        if sum.len() + given.len() <= STREAM_BYTES_MAX && target.append(stream.as_ref()) {
            sum.extend_from_slice(&given);
        }
    }

    fn judge(&self, slot: usize) -> Result<(), String> {
        let (stream, given) = &self.slots[slot];
        let expected = self.panel.judges()[0].update(self.panel.model().initial_checksum(), given);
        let got = stream.checksum();
        if got == expected {
            return Ok(());
        }
        Err(format!(
            "a hasher of {} bytes gives {got:#x} instead of {expected:#x}",
            given.len()
        ))
    }
}
