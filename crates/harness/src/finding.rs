//! What a check found wrong.

use crate::case::Case;
use crate::check::CheckId;
use crate::illegal::Illegal;
use std::fmt;

/// The kinds of fault, as reports name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The checksum differs from every oracle's.
    WrongValue,
    /// A read at or behind the end of the message.
    OverRead,
    /// A read in front of the message.
    UnderRead,
    /// A write to the message or around it.
    WriteToMessage,
    /// The result changed with the bytes around the message.
    SlackDependent,
    /// The result changed with the calls before it.
    HistoryDependent,
    /// Concurrent calls gave another result than single ones.
    DataRace,
    /// A fault elsewhere in memory, or a panic.
    Crash,
    /// An instruction that this CPU does not have.
    IllegalInstruction,
    /// An aligned access to an address that is not aligned.
    MisalignedAccess,
    /// The dispatcher chose another tier than it should.
    WrongDispatch,
    /// `combine` differs from the checksum of the concatenation.
    Combine,
    /// Pieces gave another result than the whole.
    Split,
}

impl Kind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::WrongValue,
        Self::OverRead,
        Self::UnderRead,
        Self::WriteToMessage,
        Self::SlackDependent,
        Self::HistoryDependent,
        Self::DataRace,
        Self::Crash,
        Self::IllegalInstruction,
        Self::MisalignedAccess,
        Self::WrongDispatch,
        Self::Combine,
        Self::Split,
    ];

    /// Whether the call did not return: a fault of memory or of an instruction, or a panic.
    pub const fn stops_the_call(self) -> bool {
        match self {
            Self::OverRead
            | Self::UnderRead
            | Self::WriteToMessage
            | Self::Crash
            | Self::IllegalInstruction
            | Self::MisalignedAccess => true,
            Self::WrongValue
            | Self::SlackDependent
            | Self::HistoryDependent
            | Self::DataRace
            | Self::WrongDispatch
            | Self::Combine
            | Self::Split => false,
        }
    }

    /// The kind as reports write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::WrongValue => "wrong-value",
            Self::OverRead => "over-read",
            Self::UnderRead => "under-read",
            Self::WriteToMessage => "write-to-message",
            Self::SlackDependent => "slack-dependent",
            Self::HistoryDependent => "history-dependent",
            Self::DataRace => "data-race",
            Self::Crash => "crash",
            Self::IllegalInstruction => "illegal-instruction",
            Self::MisalignedAccess => "misaligned-access",
            Self::WrongDispatch => "wrong-dispatch",
            Self::Combine => "combine",
            Self::Split => "split",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One fault, at one case.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The check whose law was broken.
    pub check: CheckId,
    /// What kind of fault it is.
    pub kind: Kind,
    /// The subject's name.
    pub subject: String,
    /// The case that shows it.
    pub case: Case,
    /// What the oracles say, if the law is about a value.
    pub expected: Option<u64>,
    /// What the subject gave.
    pub got: Option<u64>,
    /// How far outside the message the access reached, in bytes: behind the end if positive, in
    /// front of the start if negative.
    pub distance_bytes: Option<i64>,
    /// The instruction that faulted, disassembled.
    pub instruction: Option<String>,
    /// Of an illegal instruction, what is known of it.
    pub illegal: Option<Box<Illegal>>,
    /// One sentence on what is known.
    pub summary: String,
}
