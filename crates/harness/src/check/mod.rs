//! The checks: one law a file.

pub(crate) mod abi;
pub(crate) mod affine;
pub(crate) mod agree;
pub(crate) mod basis;
pub(crate) mod combine;
pub(crate) mod dispatch;
pub(crate) mod guard;
pub(crate) mod history;
pub(crate) mod huge;
pub(crate) mod paint;
mod set;
pub(crate) mod slack;
pub(crate) mod split;
pub(crate) mod threads;
mod walk;

pub use set::CheckSet;

use std::fmt;
use std::str::FromStr;

/// The id of a check: the same string on the command line, in reports and in tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CheckId {
    /// Subject = every oracle, at each cell.
    Agree,
    /// Updating piece by piece = updating once.
    Split,
    /// combine(a, b, len) = checksum of the concatenation.
    Combine,
    /// No read across the flush side, no write anywhere.
    Guard,
    /// The result does not depend on bytes around the message.
    Slack,
    /// The result does not depend on the calls before it.
    History,
    /// Concurrent calls, first calls included, give what single ones give.
    Threads,
    /// The tier chosen is the one that the CPU should choose.
    Dispatch,
    /// A call leaves to its caller what the ABI says is the caller's.
    Abi,
    /// The result does not depend on what lies in registers and stack that no caller sets.
    Paint,
    /// f(x) ^ f(y) ^ f(x ^ y) = f(0).
    Affine,
    /// The zero message and every unit vector of message and register.
    Basis,
    /// Lengths around 2^31 and 2^32, and above.
    Huge,
}

impl CheckId {
    /// Every check, in the order in which plans run them: `threads` goes first, because a first call
    /// can be raced only once in a process.
    pub const ALL: &'static [Self] = &[
        Self::Threads,
        Self::Dispatch,
        Self::Agree,
        Self::Guard,
        Self::Slack,
        Self::Split,
        Self::Combine,
        Self::History,
        Self::Abi,
        Self::Paint,
        Self::Affine,
        Self::Basis,
        Self::Huge,
    ];

    /// The id as text.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Agree => "agree",
            Self::Split => "split",
            Self::Combine => "combine",
            Self::Guard => "guard",
            Self::Slack => "slack",
            Self::History => "history",
            Self::Threads => "threads",
            Self::Dispatch => "dispatch",
            Self::Abi => "abi",
            Self::Paint => "paint",
            Self::Affine => "affine",
            Self::Basis => "basis",
            Self::Huge => "huge",
        }
    }

    /// The law in one sentence, for `--list` and reports.
    pub const fn law(self) -> &'static str {
        match self {
            Self::Agree => "the subject equals every oracle at each cell",
            Self::Split => "updating piece by piece equals updating once",
            Self::Combine => "combine(a, b, len) is the checksum of the concatenation",
            Self::Guard => "no read across the flush side, no write anywhere",
            Self::Slack => "the result does not depend on bytes around the message",
            Self::History => "the result does not depend on the calls before it",
            Self::Threads => "concurrent calls, first calls included, give what single ones give",
            Self::Dispatch => "the tier chosen is the one that the CPU should choose",
            Self::Abi => "registers, stack and control state come back as the ABI says",
            Self::Paint => "the result does not depend on registers and stack that no caller sets",
            Self::Affine => "f(x) ^ f(y) ^ f(x ^ y) = f(0)",
            Self::Basis => {
                "the zero message and every unit vector of message and register are right"
            }
            Self::Huge => "lengths around 2^31 and 2^32, and above, are right",
        }
    }
}

impl fmt::Display for CheckId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no check's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no check is called `{0}`; the checks are {known}", known = known())]
pub struct UnknownCheck(pub String);

fn known() -> String {
    CheckId::ALL
        .iter()
        .map(|id| id.name())
        .collect::<Vec<_>>()
        .join(", ")
}

impl FromStr for CheckId {
    type Err = UnknownCheck;

    fn from_str(name: &str) -> Result<Self, UnknownCheck> {
        let found = Self::ALL.iter().find(|id| id.name() == name);
        found.copied().ok_or_else(|| UnknownCheck(name.to_owned()))
    }
}
