//! The operations, and how an input says them.

use arbitrary::{Arbitrary, Unstructured};
use crcheck_platform::rng::SplitMix64;

/// What an input says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Script {
    /// What the file holds at first.
    pub(super) file: Bytes,
    pub(super) operations: Vec<Operation>,
}

impl Script {
    /// Decodes an input; `None` if it has no operation.
    pub(crate) fn decode(input: &[u8]) -> Option<Self> {
        let mut input = Unstructured::new(input);
        let file = Bytes::arbitrary(&mut input).ok()?;
        let next = || {
            let operation = (!input.is_empty()).then(|| Operation::arbitrary(&mut input));
            operation.and_then(Result::ok)
        };
        let operations: Vec<_> = std::iter::from_fn(next).take(OPERATIONS_MAX).collect();
        (!operations.is_empty()).then_some(Self { file, operations })
    }
}

/// The most operations of one input.
const OPERATIONS_MAX: usize = 256;

/// One operation on the file, the present reader, or the writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    /// Later calls of the stream answer so. Answers wait in a queue.
    Answers([Answer; 3]),
    /// The file gets other bytes.
    Rewrite(Bytes),
    Read(Length),
    ReadVectored([Length; 3]),
    ReadExact(Length),
    ReadToEnd,
    ReadToString,
    ReadUntil(u8),
    /// The buffer is filled, and so many of its bytes are consumed, or all.
    Fill {
        consumed: Length,
    },
    Seek(Goal),
    Reset,
    /// The other reader becomes a copy of the present one.
    Fork,
    /// The other reader becomes the present one.
    Turn,
    Write(Bytes),
    WriteVectored([Bytes; 3]),
    WriteAll(Bytes),
    Flush,
    SeekWriter(Goal),
    ResetWriter,
}

/// One byte chooses the operation, so that a fuzzer's small changes are small changes here. What
/// finds most comes most often.
impl<'a> Arbitrary<'a> for Operation {
    fn arbitrary(input: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        Ok(match u8::arbitrary(input)? % 32 {
            0..4 => Self::Answers(input.arbitrary()?),
            4..6 => Self::Rewrite(input.arbitrary()?),
            6..10 => Self::Read(input.arbitrary()?),
            10 => Self::ReadVectored(input.arbitrary()?),
            11 => Self::ReadExact(input.arbitrary()?),
            12..14 => Self::ReadToEnd,
            14 => Self::ReadToString,
            15 => Self::ReadUntil(input.arbitrary()?),
            16..18 => Self::Fill {
                consumed: input.arbitrary()?,
            },
            18..22 => Self::Seek(input.arbitrary()?),
            22 => Self::Reset,
            23 => Self::Fork,
            24 => Self::Turn,
            25..27 => Self::Write(input.arbitrary()?),
            27 => Self::WriteVectored(input.arbitrary()?),
            28 => Self::WriteAll(input.arbitrary()?),
            29 => Self::Flush,
            30 => Self::SeekWriter(input.arbitrary()?),
            _ => Self::ResetWriter,
        })
    }
}

/// What the stream answers to a call that reads, writes, seeks or flushes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// At most so many bytes, and at least one.
    Short(u8),
    Interrupted,
    /// Another error.
    Failure(u8),
    /// No bytes. More come later.
    End,
}

impl<'a> Arbitrary<'a> for Answer {
    fn arbitrary(input: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        Ok(match u8::arbitrary(input)? % 8 {
            0..4 => Self::Short(input.arbitrary()?),
            4 => Self::Interrupted,
            5..7 => Self::Failure(input.arbitrary()?),
            _ => Self::End,
        })
    }
}

/// A number of bytes: every one below 192, then multiples of 128 up to 8 KiB.
#[derive(Arbitrary, Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Length(u8);

impl Length {
    pub(super) fn bytes(self) -> usize {
        match usize::from(self.0) {
            few @ 0..192 => few,
            many => (many - 191) * 128,
        }
    }
}

/// Bytes that are made from a seed. A longer piece of one seed begins with a shorter one.
#[derive(Arbitrary, Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bytes {
    seed: u8,
    length: Length,
}

impl Bytes {
    pub(super) fn make(self) -> Vec<u8> {
        let mut bytes = vec![0; self.length.bytes()];
        SplitMix64::new(u64::from(self.seed)).fill(&mut bytes);
        if self.seed < SEEDS_OF_TEXT {
            bytes.iter_mut().for_each(|byte| *byte &= 0x7f);
        }
        bytes
    }
}

/// The seeds below this number make text.
const SEEDS_OF_TEXT: u8 = 64;

/// Where a seek goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Goal {
    Start(Length),
    Current(i8),
    End(i8),
    /// By `seek_relative`.
    Relative(i8),
    Rewind,
    /// Nowhere: it asks for the position.
    Here,
    /// To the end, and back.
    Length,
}

impl<'a> Arbitrary<'a> for Goal {
    fn arbitrary(input: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        Ok(match u8::arbitrary(input)? % 8 {
            0 => Self::Start(input.arbitrary()?),
            1 => Self::Current(input.arbitrary()?),
            2 => Self::End(input.arbitrary()?),
            3 => Self::Relative(input.arbitrary()?),
            4..6 => Self::Rewind,
            6 => Self::Here,
            _ => Self::Length,
        })
    }
}
