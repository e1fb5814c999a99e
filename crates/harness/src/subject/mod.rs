//! What is under test.

pub mod library;
pub mod program;
mod tier;

pub use tier::{TierSubject, available_tiers, emulated_tiers};

use crate::audit::RawEntry;
use crate::check::CheckId;
use crate::mine::Mined;
use crate::plan::Rate;
use crate::verdict::ExitCode;
use crate::worker::Elsewhere;
use crcheck_kernel::Tier;
use crcheck_kernel::cpu::Features;
use crcheck_oracle::model::Model;
use std::any::Any;
use std::io;
use std::path::PathBuf;

/// A CRC implementation under test.
///
/// Only [`Subject::name`] and [`Subject::update`] are required: what a subject does not offer
/// (`None`) is reported as skipped, never as passed.
///
/// The calls are made under the fault handler and on guarded, read-only memory, so a subject may be
/// as wrong as it likes. It is called by one thread at a time, except by the check `threads`.
pub trait Subject: Send + Sync {
    /// The name on the command line and in reports, such as `tier:x86-pclmul` or `fault:no-tail`.
    fn name(&self) -> String;

    /// The checksum after `message`, from the checksum before it (the zlib convention: the first
    /// call takes [`Model::initial_checksum`], which is 0 for CRC-32/ISO-HDLC).
    fn update(&self, checksum: u64, message: &[u8]) -> u64;

    /// The model that the subject claims to compute.
    fn model(&self) -> Model {
        Model::CRC_32_ISO_HDLC
    }

    /// A streaming hasher that starts at `checksum`; `None` if the subject has none of its own, and
    /// then streams are made of chained calls of [`Subject::update`].
    fn stream(&self, checksum: u64) -> Option<Box<dyn Stream>> {
        let _ = checksum;
        None
    }

    /// The checksum of A||B from `a` = checksum of A, `b` = checksum of B, `len_b` = |B| in bytes.
    fn combine(&self, a: u64, b: u64, len_b: u64) -> Option<u64> {
        let _ = (a, b, len_b);
        None
    }

    /// The tier that the subject's dispatcher chooses on a CPU with these features.
    fn select(&self, features: Features) -> Option<Tier> {
        let _ = features;
        None
    }

    /// The tier whose code a call runs on this CPU, if the subject has tiers.
    fn running(&self) -> Option<Tier> {
        self.select(Features::detect())
    }

    /// Message lengths in bytes at which the subject's code takes another path.
    fn thresholds(&self) -> Vec<usize> {
        Vec::new()
    }

    /// The lengths that its machine code compares with, as far as it can be read: they join
    /// [`Subject::thresholds`]. `None` if there is no address to read it from.
    fn mined(&self) -> Option<Mined> {
        self.entry().map(|entry| Mined::here(&entry))
    }

    /// How often the code under test was entered so far, if the subject counts it: a run that
    /// leaves this at its old value has tested nothing.
    fn entered(&self) -> Option<u64> {
        None
    }

    /// The file that the code is in; `None` if it is part of this program.
    fn file(&self) -> Option<PathBuf> {
        None
    }

    /// The function of the C ABI that the code begins at, if it has one: audited calls then go there,
    /// and otherwise through compiled code that calls [`Subject::update`].
    fn entry(&self) -> Option<RawEntry> {
        None
    }

    /// The permanent number of the built-in tier that this is, by which inputs ask for it.
    fn tier_code(&self) -> Option<u8> {
        None
    }

    /// The longest message that its length argument can say, in bytes.
    fn length_max(&self) -> u64 {
        u64::MAX
    }

    /// Whether a call can go on from any checksum; else every call begins with that of nothing.
    fn takes_checksum(&self) -> bool {
        true
    }

    /// Why `check` cannot be made of this subject, if that is so.
    fn exempt_from(&self, check: CheckId) -> Option<String> {
        let needs_checksum = matches!(check, CheckId::Split);
        (needs_checksum && !self.takes_checksum())
            .then(|| "the subject does not go on from a checksum".to_owned())
    }

    /// How its calls are made, if it is not code of this process.
    fn foreign(&self) -> Option<&dyn Foreign> {
        None
    }

    /// How fast it was measured to be, if that is so slow that plans must be scaled to it.
    fn rate(&self) -> Option<Rate> {
        None
    }

    /// Whether calls are so slow (software tiers) that plans keep to the depth `quick`.
    fn is_slow(&self) -> bool {
        false
    }
}

/// A subject whose code runs in another process.
pub trait Foreign: Send + Sync {
    /// Another process for messages of up to `capacity_bytes`.
    ///
    /// # Errors
    /// If it cannot be had.
    fn open(&self, capacity_bytes: usize) -> io::Result<Elsewhere>;

    /// What the other process has given up, so that the code can do no harm.
    fn sandbox(&self) -> String;

    /// The checksum before a call, as the code wants it, and the code's answer as a checksum: what is
    /// exclusive-ored with either.
    fn xor(&self) -> u64 {
        0
    }
}

/// Why a foreign subject cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForeignError {
    /// It is not what was meant.
    #[error("{0}")]
    Usage(String),
    /// It is not here, or cannot run here.
    #[error("{0}")]
    Unavailable(String),
    /// Its process could not be started.
    #[error("{0}")]
    Start(String),
}

impl ForeignError {
    /// The exit code that goes with it.
    pub const fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::Usage,
            Self::Unavailable(_) => ExitCode::Unavailable,
            Self::Start(_) => ExitCode::Io,
        }
    }
}

/// The state of a streaming hasher of a [`Subject`].
pub trait Stream: Any {
    /// Appends `message`.
    fn update(&mut self, message: &[u8]);

    /// The checksum of all that was appended. May be asked for more than once.
    fn checksum(&self) -> u64;

    /// An independent copy in the same state.
    fn fork(&self) -> Box<dyn Stream>;

    /// Back to the state of a hasher of an empty message.
    fn reset(&mut self);

    /// Appends all that `other`, a stream of the same subject begun on an empty message, was given.
    /// `false` if the subject has no such operation; the stream is then as before.
    fn append(&mut self, other: &dyn Stream) -> bool {
        let _ = other;
        false
    }

    /// `self`, for [`Stream::append`] to recognise a stream of its own type.
    fn as_any(&self) -> &dyn Any;
}
