//! The trait of what is under test.

use crate::capabilities::Capabilities;
use crate::checked_io::{ByteStream, CheckedReader, CheckedWriter};
use crate::foreign::Foreign;
use crate::interpreted::Interpreted;
use crate::machine_answers::MachineAnswers;
use crate::subject_name::SubjectName;
use crcheck_kernel::Tier;
use crcheck_kernel::cpu::Features;
use crcheck_oracle::model::Model;
use crcheck_platform::code::mined_lengths::Mined;
use crcheck_platform::raw_entry::RawEntry;
use std::any::Any;

/// A CRC implementation under test.
///
/// Only [`Subject::name`] and [`Subject::update`] are required. Reports list what a subject does
/// not offer (`None`) as skipped, never as passed.
///
/// Calls run under a handler of the CPU's signals and on guarded, read-only memory, so a subject
/// may be wrong in any way. One thread at a time calls it, except in the check `threads`.
pub trait Subject: Send + Sync {
    /// The name on the command line and in reports, such as `tier:x86-pclmul` or `fault:no-tail`.
    fn name(&self) -> SubjectName;

    /// The checksum after `message`, from the checksum before it (the zlib convention: the first
    /// call takes [`Model::initial_checksum`], which is 0 for CRC-32/ISO-HDLC).
    fn update(&self, checksum: u64, message: &[u8]) -> u64;

    /// The model that the subject claims to compute.
    fn model(&self) -> Model {
        Model::CRC_32_ISO_HDLC
    }

    /// What it is and offers, as plain facts.
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    /// A streaming hasher that starts at `checksum`; `None` if the subject has none of its own. Its
    /// streams are then chained calls of [`Subject::update`].
    fn stream(&self, checksum: u64) -> Option<Box<dyn Stream>> {
        let _ = checksum;
        None
    }

    /// The checksum of A||B from `a` = checksum of A, `b` = checksum of B, `len_b` = |B| in bytes.
    /// The length is one of [`Capabilities::combine_lengths`], a negative one in two's complement.
    fn combine(&self, a: u64, b: u64, len_b: u64) -> Option<u64> {
        let _ = (a, b, len_b);
        None
    }

    /// Whether [`Subject::combine`] combines.
    fn has_combine(&self) -> bool {
        self.combine(0, self.model().initial_checksum(), 0)
            .is_some()
    }

    /// A reader of `stream` that computes the checksum of what is read; `None` if the subject has
    /// none.
    fn reader(&self, stream: Box<dyn ByteStream>) -> Option<Box<dyn CheckedReader>> {
        let _ = stream;
        None
    }

    /// A writer to `stream` that computes the checksum of what is written; `None` if the subject
    /// has none.
    fn writer(&self, stream: Box<dyn ByteStream>) -> Option<Box<dyn CheckedWriter>> {
        let _ = stream;
        None
    }

    /// The features that the subject's detection sees on a machine that answers so.
    fn detect(&self, answers: &MachineAnswers) -> Option<Features> {
        let _ = answers;
        None
    }

    /// The tier that the subject's dispatcher chooses on a CPU with these features.
    fn select(&self, features: Features) -> Option<Tier> {
        let _ = features;
        None
    }

    /// How often calls have entered the code under test so far, if the subject counts them. A run
    /// that leaves this at its old value has tested nothing.
    fn entered(&self) -> Option<u64> {
        None
    }

    /// The function of the C ABI where the code begins, if there is one. Audited calls go there, or
    /// else through compiled code that calls [`Subject::update`].
    fn entry(&self) -> Option<RawEntry> {
        None
    }

    /// How to call it, if its code is interpreted.
    fn interpreted(&self) -> Option<&dyn Interpreted> {
        None
    }

    /// How to call it, if its code is not in this process.
    fn foreign(&self) -> Option<&dyn Foreign> {
        None
    }
}

/// The tier whose code a call of `subject` runs on this CPU, or on the CPU that is interpreted, if
/// it has tiers.
pub fn running_tier(subject: &dyn Subject) -> Option<Tier> {
    if let Some(tier) = subject
        .interpreted()
        .and_then(|interpreted| interpreted.tier())
    {
        return Some(tier);
    }
    match subject.capabilities().tier {
        Some(code) => code.is_native.then_some(code.tier),
        None => subject.select(Features::detect()),
    }
}

/// The message lengths, in bytes, at which the code of `subject` takes another path: those that it
/// states, then those that its machine code compares with.
pub fn thresholds(subject: &dyn Subject) -> Vec<usize> {
    let mut thresholds = subject.capabilities().thresholds;
    thresholds.extend(
        mined_lengths(subject)
            .into_iter()
            .flat_map(|mined| mined.lengths),
    );
    thresholds
}

/// The lengths that the machine code of `subject` compares with, as far as the code can be read.
/// They join its thresholds. `None` if there is no address to read it from.
pub fn mined_lengths(subject: &dyn Subject) -> Option<Mined> {
    let mined = subject.capabilities().mined;
    mined.or_else(|| subject.entry().map(|entry| Mined::in_this_process(&entry)))
}

/// The state of a streaming hasher of a [`Subject`].
pub trait Stream: Any {
    /// Appends `message`.
    fn update(&mut self, message: &[u8]);

    /// The checksum of everything appended so far. The stream can go on after it.
    fn checksum(&self) -> u64;

    /// An independent copy in the same state.
    fn fork(&self) -> Box<dyn Stream>;

    /// Goes back to the state of a hasher of an empty message.
    fn reset(&mut self);

    /// Appends everything that `other` has received: a stream of the same subject that began on an
    /// empty message. Returns `false`, and changes nothing, if the subject has no such operation.
    fn append(&mut self, other: &dyn Stream) -> bool {
        let _ = other;
        false
    }

    /// `self`, for [`Stream::append`] to recognise a stream of its own type.
    fn as_any(&self) -> &dyn Any;
}
