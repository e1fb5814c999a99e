//! The kinds of finding.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What kind of finding a check made, as reports name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
    /// Any other signal, a panic, or the end of the process.
    Crash,
    /// A call that does not return.
    Hang,
    /// An instruction that this CPU does not have.
    IllegalInstruction,
    /// An aligned access to an address that is not aligned.
    MisalignedAccess,
    /// The call did not give back a register, or a part of the stack, that belongs to the caller.
    ClobberedRegister,
    /// The call left upper halves of vector registers in use.
    DirtyVectorState,
    /// The call changed the direction flag, MXCSR or the state of the x87.
    ControlState,
    /// The result changed with registers, or with a part of the stack, that no caller sets.
    UnsetRead,
    /// The result is not an affine function of register and message.
    NotAffine,
    /// The call used more than it may: stack.
    OutsideTier,
    /// The dispatcher chose another tier than it should.
    WrongDispatch,
    /// `combine` differs from the checksum of the concatenation.
    Combine,
    /// Pieces gave another result than the whole.
    Split,
}

impl Kind {
    pub const ALL: &'static [Self] = &[
        Self::WrongValue,
        Self::OverRead,
        Self::UnderRead,
        Self::WriteToMessage,
        Self::SlackDependent,
        Self::HistoryDependent,
        Self::DataRace,
        Self::Crash,
        Self::Hang,
        Self::IllegalInstruction,
        Self::MisalignedAccess,
        Self::ClobberedRegister,
        Self::DirtyVectorState,
        Self::ControlState,
        Self::UnsetRead,
        Self::NotAffine,
        Self::OutsideTier,
        Self::WrongDispatch,
        Self::Combine,
        Self::Split,
    ];

    /// Whether the call did not return: a signal, a panic, the end of the process, or a hang.
    pub const fn stops_the_call(self) -> bool {
        match self {
            Self::OverRead
            | Self::UnderRead
            | Self::WriteToMessage
            | Self::Crash
            | Self::IllegalInstruction
            | Self::MisalignedAccess
            | Self::Hang => true,
            Self::WrongValue
            | Self::SlackDependent
            | Self::HistoryDependent
            | Self::DataRace
            | Self::WrongDispatch
            | Self::Combine
            | Self::Split
            | Self::ClobberedRegister
            | Self::DirtyVectorState
            | Self::ControlState
            | Self::UnsetRead
            | Self::NotAffine
            | Self::OutsideTier => false,
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
            Self::Hang => "hang",
            Self::IllegalInstruction => "illegal-instruction",
            Self::MisalignedAccess => "misaligned-access",
            Self::ClobberedRegister => "clobbered-register",
            Self::DirtyVectorState => "dirty-vector-state",
            Self::ControlState => "control-state",
            Self::UnsetRead => "unset-read",
            Self::NotAffine => "not-affine",
            Self::OutsideTier => "outside-tier",
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn each_kind_is_listed_once_under_a_name_of_its_own() {
        let kinds: HashSet<Kind> = Kind::ALL.iter().copied().collect();
        let names: HashSet<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!([kinds.len(), names.len()], [Kind::ALL.len(); 2]);
    }
}
